// C interface of a verilated model, for ffi.rs.
//
// Signals are bound by name at run time through Verilator's own table of public signals, and glue.cpp hides the model's
// class, so that this file is compiled once for all designs. Values travel as 32-bit words, least significant first. No C++ exception crosses the interface, and
// nothing that the model does ends the process: what Verilator would print or abort on becomes a message.

#include "verilated.h"
#include "verilated_syms.h"

#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

// From glue.cpp.
void* mpqc_top_create(VerilatedContext* context);
void mpqc_top_eval(void* top);
void mpqc_top_destroy(void* top);

namespace {

struct Signal {
    VerilatedVarType type;
    void* data;
    uint32_t bits;

    uint32_t words() const { return (bits + 31) / 32; }
};

struct Model {
    std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    void* top = nullptr;
    std::vector<Signal> inputs;
    std::vector<Signal> probes;
    std::string message;
};

// Where messages of the model that runs in this thread go.
thread_local std::string* current_message = nullptr;

void report(const char* kind, const char* file, int line, const char* text) {
    if (!current_message || !current_message->empty()) return;
    *current_message = std::string{kind} + " at " + (file ? file : "?") + ":" + std::to_string(line) + ": " + text;
}

// Runs a piece of the model; false if it said anything or threw. The runtime takes random values, and even the scopes to
// erase, from the context of the thread, which is that of another model if this one came from another thread.
template <typename Body>
bool guarded(Model& model, Body body) {
    current_message = &model.message;
    if (Verilated::threadContextp() != model.context.get()) Verilated::threadContextp(model.context.get());
    try {
        body();
    } catch (const std::exception& error) {
        if (model.message.empty()) model.message = error.what();
    } catch (...) {
        if (model.message.empty()) model.message = "unknown C++ exception";
    }
    current_message = nullptr;
    return model.message.empty();
}

void load(const Signal& signal, uint32_t* words) {
    switch (signal.type) {
    case VLVT_UINT8: words[0] = *static_cast<const CData*>(signal.data); break;
    case VLVT_UINT16: words[0] = *static_cast<const SData*>(signal.data); break;
    case VLVT_UINT32: words[0] = *static_cast<const IData*>(signal.data); break;
    case VLVT_UINT64: {
        const QData value = *static_cast<const QData*>(signal.data);
        words[0] = static_cast<uint32_t>(value);
        words[1] = static_cast<uint32_t>(value >> 32);
        break;
    }
    default: std::memcpy(words, signal.data, 4 * signal.words());
    }
}

// Verilator relies on the bits above an input's width being zero.
void store(const Signal& signal, const uint32_t* words) {
    const uint32_t last = signal.words() - 1;
    const uint32_t top = signal.bits % 32 ? words[last] & ((1U << signal.bits % 32) - 1) : words[last];
    switch (signal.type) {
    case VLVT_UINT8: *static_cast<CData*>(signal.data) = static_cast<CData>(top); break;
    case VLVT_UINT16: *static_cast<SData*>(signal.data) = static_cast<SData>(top); break;
    case VLVT_UINT32: *static_cast<IData*>(signal.data) = top; break;
    case VLVT_UINT64: *static_cast<QData*>(signal.data) = (static_cast<QData>(top) << 32) | words[0]; break;
    default:
        std::memcpy(signal.data, words, 4 * last);
        static_cast<EData*>(signal.data)[last] = top;
    }
}

bool is_vector(VerilatedVarType type) {
    return type == VLVT_UINT8 || type == VLVT_UINT16 || type == VLVT_UINT32 || type == VLVT_UINT64 || type == VLVT_WDATA;
}

// Bits of a vector: newer releases of Verilator have entBits(), with elements(0) wrong; in older ones it is right.
template <typename Var>
auto width(const Var& var, int) -> decltype(var.entBits()) {
    return var.entBits();
}
template <typename Var>
uint32_t width(const Var& var, long) {
    return static_cast<uint32_t>(var.elements(0));
}

// The width of the signal, or 0 if there is no vector of that name.
uint32_t bind(Model& model, std::vector<Signal>& signals, const char* scope, const char* name) {
    if (!model.top) return 0;
    const VerilatedScope* const found = model.context->scopeFind(scope);
    const VerilatedVar* const var = found ? found->varFind(name) : nullptr;
    if (!var || !is_vector(var->vltype()) || var->udims() != 0) return 0;
    signals.push_back({var->vltype(), var->datap(), width(*var, 0)});
    return signals.back().bits;
}

}  // namespace

// Verilator's hooks: the runtime is compiled with VL_USER_* defined, so these replace its own.
void vl_finish(const char* file, int line, const char*) { report("$finish", file, line, "the design ended the run"); }
void vl_stop(const char* file, int line, const char*) { report("$stop", file, line, "the design stopped the run"); }
void vl_warn(const char* file, int line, const char*, const char* text) { report("warning", file, line, text); }
void vl_fatal(const char* file, int line, const char*, const char* text) {
    report("fatal", file, line, text);
    throw std::runtime_error{"fatal error in the model"};
}

#define MPQC_EXPORT extern "C" __attribute__((visibility("default")))

// A new model; `seed` 0 starts all state from zero, another one from values that it determines.
MPQC_EXPORT void* mpqc_create(uint32_t seed) {
    Model* const model = new (std::nothrow) Model;
    if (!model) return nullptr;
    guarded(*model, [&] {
        model->context->threads(1);
        model->context->randReset(seed ? 2 : 0);
        model->context->randSeed(static_cast<int>(seed));
        model->top = mpqc_top_create(model->context.get());
    });
    return model;
}

MPQC_EXPORT void mpqc_destroy(void* handle) {
    Model* const model = static_cast<Model*>(handle);
    if (model->top) guarded(*model, [&] { mpqc_top_destroy(model->top); });
    delete model;
}

// The first message of the model, or an empty string.
MPQC_EXPORT const char* mpqc_message(void* handle) { return static_cast<Model*>(handle)->message.c_str(); }

MPQC_EXPORT uint32_t mpqc_bind_input(void* handle, const char* scope, const char* name) {
    Model& model = *static_cast<Model*>(handle);
    return bind(model, model.inputs, scope, name);
}

MPQC_EXPORT uint32_t mpqc_bind_probe(void* handle, const char* scope, const char* name) {
    Model& model = *static_cast<Model*>(handle);
    return bind(model, model.probes, scope, name);
}

MPQC_EXPORT void mpqc_set(void* handle, uint32_t input, const uint32_t* words) {
    store(static_cast<Model*>(handle)->inputs[input], words);
}

// Whether the model ran without a message, now and before.
MPQC_EXPORT bool mpqc_eval(void* handle) {
    Model& model = *static_cast<Model*>(handle);
    return model.top && guarded(model, [&] { mpqc_top_eval(model.top); });
}

MPQC_EXPORT void mpqc_sample(void* handle, uint32_t* words) {
    for (const Signal& probe : static_cast<Model*>(handle)->probes) {
        load(probe, words);
        words += probe.words();
    }
}
