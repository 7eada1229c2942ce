<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> rst,

    input  wire <{ blank }> s_valid,
    output wire <{ blank }> s_ready,
    input  wire <{ s_data }> s_data,

    output wire <{ blank }> m_valid,
    input  wire <{ blank }> m_ready,
    output wire <{ m_data }> m_data
);

    localparam LANES         = <{ lanes }>;
    localparam X_BITS        = <{ x_bits }>;
    localparam CODE_BITS     = <{ code_bits }>;
    localparam MUL_BITS      = <{ mul_bits }>;
    localparam CONSTANT_BITS = <{ constant_bits }>;  // addend above factor

<% include "parts/flow.v" %>

    // ---- Stage 1: operands.
    reg  [LANES*X_BITS-1:0]        x1;
    wire [LANES*CONSTANT_BITS-1:0] constants1;

    always @(posedge clk)
        if (enable) x1 <= s_data;
<%- if table_beats > 1 %>

    rom #(
        .WIDTH        (LANES * CONSTANT_BITS),
        .DEPTH        (<{ table_beats }>),
        .ADDRESS_BITS (<{ flow.beat_bits }>),
        .FILE         ("<{ path }>")
    ) constants (
        .clk     (clk),
        .enable  (enable),
        .address (beat),
        .data    (constants1)
    );
<%- else %>

    assign constants1 = <{ word }>;
<%- endif %>

    // ---- Stages 2 and 3: product and sum; the shift and the clamp are wires.
    wire [LANES*CODE_BITS-1:0] result;

    genvar i;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : lane
            wire [CODE_BITS-1:0] code;

            <{ module }>_lane scale (
                .clk    (clk),
                .enable (enable),
                .x      (x1[i*X_BITS +: X_BITS]),
                .mul    (constants1[i*CONSTANT_BITS +: MUL_BITS]),
                .add    (constants1[i*CONSTANT_BITS+MUL_BITS +: CONSTANT_BITS-MUL_BITS]),
                .code   (code)
            );
<%- if flow.masks %>

            if (i < <{ last_lanes }>) begin : whole
                assign result[i*CODE_BITS +: CODE_BITS] = code;
            end else begin : padding
                assign result[i*CODE_BITS +: CODE_BITS] = <{ flow.last_at_end() }> ? {CODE_BITS{1'b0}} : code;
            end
<%- else %>

            assign result[i*CODE_BITS +: CODE_BITS] = code;
<%- endif %>
        end
    endgenerate

<% include "parts/output.v" %>

endmodule

`default_nettype wire
