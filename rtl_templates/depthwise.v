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

    localparam LANES    = <{ lanes }>;
    localparam X_BITS   = <{ x_bits }>;  // activations of a beat
    localparam W_BITS   = <{ w_bits }>;  // their weights
    localparam PRODUCT  = <{ multiplication.layout.bits }>;
    localparam ACC_BITS = <{ acc_bits }>;

<% include "parts/flow.v" %>
<%- if taps > 1 %>

    reg [<{ flow.stages }>:1] here;       // stage i holds a beat
    reg [<{ flow.stages }>:1] first_tap;  // that is of a window's first tap

    always @(posedge clk)
        if (rst)         here <= <{ flow.stages }>'d0;
        else if (enable) here <= <{ flow.shift("here", "s_valid") }>;

    always @(posedge clk)
        if (enable) first_tap <= <{ flow.shift("first_tap", &first) }>;
<%- endif %>

<% include "parts/operands.v" %>
<%- if flow.beats > 1 %>

    <{ rom }> #(
        .WIDTH        (W_BITS),
        .DEPTH        (<{ flow.beats }>),
        .ADDRESS_BITS (<{ flow.beat_bits }>),
        .FILE         ("<{ path }>")
    ) weights (
        .clk     (clk),
        .enable  (enable),
        .address (beat),
        .data    (<% if operand_stages > 1 %>w0<% else %>w1<% endif %>)
    );
<%- else %>

    assign w1 = <{ word }>;
<%- endif %>

    // ---- Stage <{ flow.stages }>: products.
    wire [LANES*PRODUCT-1:0] product;
    reg  [LANES*PRODUCT-1:0] product2;

    always @(posedge clk)
        if (enable) product2 <= product;

    genvar i;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : lane<{ multiplication }>
        end
    endgenerate
<%- if taps > 1 %>

    // ---- Sums, on the way into the output buffer: those of <% if slices > 1 %>the other slices wait in a circle.<% else %>the taps so far.<% endif %>
    wire [LANES*ACC_BITS-1:0] sum;
    wire [LANES*ACC_BITS-1:0] waiting;
    wire [LANES*ACC_BITS-1:0] result = sum;

    delay #(
        .WIDTH (LANES * ACC_BITS),
        .DEPTH (<{ slices }>)
    ) sums (
        .clk  (clk),
        .step (enable && here[<{ flow.stages }>]),
        .in   (sum),
        .out  (waiting)
    );
<%- else %>

    // ---- A window is a single tap.
    wire [LANES*ACC_BITS-1:0] sum;
    wire [LANES*ACC_BITS-1:0] result = sum;
<%- endif %>

    generate
        for (i = 0; i < LANES; i = i + 1) begin : adder
            wire [PRODUCT-1:0]  p    = product2[i*PRODUCT +: PRODUCT];
            wire [ACC_BITS-1:0] term = <{ term }>;
<%- if let Some(unused) = unused %>
            wire                unused = &{1'b0, <{ unused }>};  // sums wrap to the accumulator
<%- endif %>
<%- if taps > 1 %>
            wire [ACC_BITS-1:0] start = first_tap[<{ flow.stages }>] ? {ACC_BITS{1'b0}} : waiting[i*ACC_BITS +: ACC_BITS];

            assign sum[i*ACC_BITS +: ACC_BITS] = start + term;
<%- else %>

            assign sum[i*ACC_BITS +: ACC_BITS] = term;
<%- endif %>
        end
    endgenerate

<% include "parts/output.v" %>

endmodule

`default_nettype wire
