<%- if flow.stages == 0 %>
    // ---- Flow: no stage, a beat goes straight to the output buffer.
    wire can_accept;
<%- if flow.beats > 1 %>
    wire enable = can_accept;
<%- endif %>

    assign s_ready = can_accept;
<%- else %>
    // ---- Flow: the stages move unless a result waits for room in the output buffer.
    wire can_accept;
    reg  [<{ flow.stages }>:1] emit;  // stage i holds a beat that completes a result
    wire enable = !emit[<{ flow.stages }>] || can_accept;

    assign s_ready = enable;
<%- endif %>
<%- if flow.beats > 1 %>

    // Beat of a vector.
    reg  [<{ flow.beat_bits - 1 }>:0] beat;
    wire last = beat == <{ flow.beat_bits }>'d<{ flow.beats - 1 }>;
<%- if flow.results > 1 %>
<%- if flow.results < flow.beats %>
    wire completes = beat >= <{ flow.beat_bits }>'d<{ flow.beats - flow.results }>;
<%- endif %>
<%- endif %>

    always @(posedge clk)
        if (rst)                    beat <= <{ flow.beat_bits }>'d0;
        else if (s_valid && enable) beat <= last ? <{ flow.beat_bits }>'d0 : beat + 1'b1;
<%- else if flow.masks %>

    // A vector is a single beat.
    wire last = 1'b1;
<%- endif %>
<%- if flow.stages > 0 %>

    always @(posedge clk)
        if (rst)         emit <= <{ flow.stages }>'d0;
        else if (enable) emit <= <{ flow.shift("emit", &flow.emits()) }>;
<%- endif %>
<%- if flow.masks && flow.stages > 0 %>

    // The upper lanes of a vector's last beat are padding.
    reg [<{ flow.stages }>:1] last_beat;

    always @(posedge clk)
        if (enable) last_beat <= <{ flow.shift("last_beat", "last") }>;
<%- endif %>
