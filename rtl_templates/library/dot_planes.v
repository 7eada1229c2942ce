// dot_planes: a dot product in LUTs, by bit planes of the weights.
//
// Plane j is the sum of those activations whose weight has bit j set. Partial products are thus added in pairs with
// their gates in the adder's look-up tables, terms of a plane are as narrow as they can be, and the sign of the
// weights is one subtraction in the end.

`default_nettype none

module dot_planes #(
    parameter SIMD      = 16,
    parameter X_BITS    = 4,
    parameter X_SIGNED  = 0,
    parameter W_BITS    = 4,
    parameter W_SIGNED  = 1,
    parameter OUT       = 12,
    parameter PLANE     = 8,  // bits of the sum of a plane: SIMD activations
    parameter PLANED    = 4,  // levels to that sum
    parameter LAST      = 6,  // levels in all
    parameter PER_STAGE = 2
) (
    input  wire                   clk,
    input  wire                   enable,
    input  wire [SIMD*X_BITS-1:0] x,
    input  wire [SIMD*W_BITS-1:0] w,
    output wire [OUT-1:0]         sum
);

    localparam PAIRS     = (SIMD + 1) / 2;
    localparam SIGNED    = PLANE + (X_SIGNED != 0 ? 0 : 1);  // bits of a plane with its sign
    localparam REGISTERS = 1 % PER_STAGE == 0 || LAST == 1;

    wire [W_BITS*SIGNED-1:0] planes;

    genvar i, j;
    generate
        for (j = 0; j < W_BITS; j = j + 1) begin : plane
            wire [PAIRS*(X_BITS+1)-1:0] next;
            wire [PAIRS*(X_BITS+1)-1:0] pairs;

            for (i = 0; i < SIMD / 2; i = i + 1) begin : pair
                gated_pair #(
                    .IN     (X_BITS),
                    .SIGNED (X_SIGNED)
                ) add (
                    .terms (x[2*i*X_BITS +: 2*X_BITS]),
                    .gates ({w[(2*i+1)*W_BITS+j], w[2*i*W_BITS+j]}),
                    .sum   (next[i*(X_BITS+1) +: X_BITS+1])
                );
            end

            if (SIMD % 2 != 0) begin : odd
                gated_pair #(
                    .IN     (X_BITS),
                    .SIGNED (X_SIGNED)
                ) gate (
                    .terms ({{X_BITS{1'b0}}, x[(SIMD-1)*X_BITS +: X_BITS]}),
                    .gates ({1'b0, w[(SIMD-1)*W_BITS+j]}),
                    .sum   (next[(PAIRS-1)*(X_BITS+1) +: X_BITS+1])
                );
            end

            stage #(
                .WIDTH      (PAIRS * (X_BITS + 1)),
                .REGISTERED (REGISTERS)
            ) behind (
                .clk    (clk),
                .enable (enable),
                .in     (next),
                .out    (pairs)
            );

            if (X_SIGNED == 0) begin : positive
                assign planes[j*SIGNED+PLANE] = 1'b0;
            end

            adder_tree #(
                .TERMS     (PAIRS),
                .IN        (X_BITS + 1),
                .OUT       (PLANE),
                .SIGNED    (X_SIGNED),
                .LEVEL     (1),
                .LAST      (LAST),
                .PER_STAGE (PER_STAGE)
            ) total (
                .clk    (clk),
                .enable (enable),
                .terms  (pairs),
                .sum    (planes[j*SIGNED +: PLANE])
            );
        end
    endgenerate

    plane_tree #(
        .PLANES    (W_BITS),
        .IN        (SIGNED),
        .OUT       (OUT),
        .SHIFT     (1),
        .NEGATIVE  (W_SIGNED),
        .LEVEL     (PLANED),
        .LAST      (LAST),
        .PER_STAGE (PER_STAGE)
    ) joined (
        .clk    (clk),
        .enable (enable),
        .planes (planes),
        .sum    (sum)
    );

endmodule

`default_nettype wire
