// adder_tree: the sum of any number of terms, by levels of two-input adders.
//
// A level adds neighbours and leaves the rest to the next, by recursion. Levels are counted from where the whole path
// began: behind every PER_STAGE of them, and behind the last one of the path, stands a register. Sums grow by a bit a
// level, but not beyond OUT, to which they wrap: a caller allows that who knows that the final result fits.

`default_nettype none

module adder_tree #(
    parameter TERMS     = 8,
    parameter IN        = 6,
    parameter OUT       = 9,
    parameter SIGNED    = 1,
    parameter LEVEL     = 0,  // levels of the path that are done
    parameter LAST      = 3,  // levels of the whole path
    parameter PER_STAGE = 2
) (
    input  wire                clk,
    input  wire                enable,
    input  wire [TERMS*IN-1:0] terms,
    output wire [OUT-1:0]      sum
);

    localparam PAIRS     = TERMS / 2;
    localparam SUMS      = TERMS - PAIRS;
    localparam WIDE      = OUT > IN ? IN + 1 : OUT;
    localparam REGISTERS = (LEVEL + 1) % PER_STAGE == 0 || LEVEL + 1 == LAST;

    genvar i;
    generate
        if (TERMS == 1) begin : done
            wire unused = &{1'b0, clk, enable};

            if (OUT < IN) begin : wrapped
                wire unused_bits = &{1'b0, terms[IN-1:OUT]};

                assign sum = terms[OUT-1:0];
            end else if (OUT == IN) begin : same
                assign sum = terms;
            end else begin : extended
                assign sum = {{(OUT-IN){SIGNED != 0 && terms[IN-1]}}, terms};
            end
        end else begin : level
            wire [SUMS*WIDE-1:0] next;
            wire [SUMS*WIDE-1:0] sums;

            for (i = 0; i < PAIRS; i = i + 1) begin : pair
                adder #(
                    .IN     (IN),
                    .OUT    (WIDE),
                    .SIGNED (SIGNED)
                ) add (
                    .a   (terms[2*i*IN +: IN]),
                    .b   (terms[(2*i+1)*IN +: IN]),
                    .sum (next[i*WIDE +: WIDE])
                );
            end

            if (SUMS > PAIRS) begin : odd
                if (WIDE < IN) begin : wrapped
                    wire unused = &{1'b0, terms[TERMS*IN-1:2*PAIRS*IN+WIDE]};

                    assign next[PAIRS*WIDE +: WIDE] = terms[2*PAIRS*IN +: WIDE];
                end else if (WIDE == IN) begin : same
                    assign next[PAIRS*WIDE +: WIDE] = terms[2*PAIRS*IN +: WIDE];
                end else begin : extended
                    assign next[PAIRS*WIDE +: WIDE] = {SIGNED != 0 && terms[TERMS*IN-1], terms[2*PAIRS*IN +: IN]};
                end
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

            adder_tree #(
                .TERMS     (SUMS),
                .IN        (WIDE),
                .OUT       (OUT),
                .SIGNED    (SIGNED),
                .LEVEL     (LEVEL + 1),
                .LAST      (LAST),
                .PER_STAGE (PER_STAGE)
            ) rest (
                .clk    (clk),
                .enable (enable),
                .terms  (sums),
                .sum    (sum)
            );
        end
    endgenerate

endmodule

`default_nettype wire
