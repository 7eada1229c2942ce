// plane_tree: the sum of bit planes, each worth SHIFT bits more than the one before it.
//
// Neighbours are joined level by level, by recursion, and are worth twice as many bits then. The lowest SHIFT bits of
// a sum are those of the lower plane, so only the upper ones are added. The top plane of a signed number counts
// negative, until it is joined. Levels are counted and registered as in adder_tree.

`default_nettype none

module plane_tree #(
    parameter PLANES    = 4,
    parameter IN        = 8,  // signed
    parameter OUT       = 12,
    parameter SHIFT     = 1,
    parameter NEGATIVE  = 1,  // whether the top plane counts negative
    parameter LEVEL     = 0,
    parameter LAST      = 2,
    parameter PER_STAGE = 2
) (
    input  wire                 clk,
    input  wire                 enable,
    input  wire [PLANES*IN-1:0] planes,
    output wire [OUT-1:0]       sum
);

    localparam PAIRS     = PLANES / 2;
    localparam SUMS      = PLANES - PAIRS;
    localparam WIDE      = IN + SHIFT + 1;
    localparam REGISTERS = (LEVEL + 1) % PER_STAGE == 0 || LEVEL + 1 == LAST;

    genvar i;
    generate
        if (PLANES == 1) begin : done
            wire unused = &{1'b0, clk, enable};

            if (OUT < IN) begin : wrapped
                wire unused_bits = &{1'b0, planes[IN-1:OUT]};

                assign sum = planes[OUT-1:0];
            end else if (OUT == IN) begin : same
                assign sum = planes;
            end else begin : extended
                assign sum = {{(OUT-IN){planes[IN-1]}}, planes};
            end
        end else begin : level
            wire [SUMS*WIDE-1:0] next;
            wire [SUMS*WIDE-1:0] sums;

            for (i = 0; i < PAIRS; i = i + 1) begin : pair
                plane_join #(
                    .IN       (IN),
                    .SHIFT    (SHIFT),
                    .NEGATIVE (NEGATIVE != 0 && 2 * i + 2 == PLANES)
                ) join_planes (
                    .low  (planes[2*i*IN +: IN]),
                    .high (planes[(2*i+1)*IN +: IN]),
                    .sum  (next[i*WIDE +: WIDE])
                );
            end

            if (SUMS > PAIRS) begin : odd
                assign next[PAIRS*WIDE +: WIDE] = {{(SHIFT+1){planes[PLANES*IN-1]}}, planes[2*PAIRS*IN +: IN]};
            end

            stage #(
                .WIDTH      (SUMS * WIDE),
                .REGISTERED (REGISTERS)
            ) behind (
                .clk    (clk),
                .enable (enable),
                .in     (next),
                .out    (sums)
            );

            plane_tree #(
                .PLANES    (SUMS),
                .IN        (WIDE),
                .OUT       (OUT),
                .SHIFT     (2 * SHIFT),
                .NEGATIVE  (NEGATIVE != 0 && SUMS > PAIRS),
                .LEVEL     (LEVEL + 1),
                .LAST      (LAST),
                .PER_STAGE (PER_STAGE)
            ) rest (
                .clk    (clk),
                .enable (enable),
                .planes (sums),
                .sum    (sum)
            );
        end
    endgenerate

endmodule

`default_nettype wire
