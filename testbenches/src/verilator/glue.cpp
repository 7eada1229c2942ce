// The part of a model's C interface that knows its class; see shim.cpp.

#include "Vmodel.h"

void* mpqc_top_create(VerilatedContext* context) { return new Vmodel{context}; }
void mpqc_top_eval(void* top) { static_cast<Vmodel*>(top)->eval(); }
void mpqc_top_destroy(void* top) { delete static_cast<Vmodel*>(top); }
