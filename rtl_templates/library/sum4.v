// sum4: the sum of four terms, a node of an adder tree.
//
// OUT is at most two more than IN; where it is less, the sum wraps, which a caller allows who knows that the
// final result fits.

`default_nettype none

module sum4 #(
    parameter IN     = 6,
    parameter OUT    = 8,
    parameter SIGNED = 1
) (
    input  wire [4*IN-1:0] terms,
    output wire [OUT-1:0]  sum
);

    localparam PAIR = OUT > IN ? IN + 1 : OUT;

    generate
        if (SIGNED != 0) begin : signed_terms
            wire signed [IN-1:0]   a  = terms[0*IN +: IN];
            wire signed [IN-1:0]   b  = terms[1*IN +: IN];
            wire signed [IN-1:0]   c  = terms[2*IN +: IN];
            wire signed [IN-1:0]   d  = terms[3*IN +: IN];
            wire signed [PAIR-1:0] ab = a + b;
            wire signed [PAIR-1:0] cd = c + d;
            assign sum = ab + cd;
        end else begin : unsigned_terms
            wire [IN-1:0]   a  = terms[0*IN +: IN];
            wire [IN-1:0]   b  = terms[1*IN +: IN];
            wire [IN-1:0]   c  = terms[2*IN +: IN];
            wire [IN-1:0]   d  = terms[3*IN +: IN];
            wire [PAIR-1:0] ab = a + b;
            wire [PAIR-1:0] cd = c + d;
            assign sum = ab + cd;
        end
    endgenerate

endmodule

`default_nettype wire
