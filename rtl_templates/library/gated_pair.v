// gated_pair: two terms, each where its gate is set.
//
// A column is one look-up table (two terms, two gates) and a bit of a carry chain, which is why partial products are
// added in pairs first.

`default_nettype none

module gated_pair #(
    parameter IN     = 4,
    parameter SIGNED = 0
) (
    input  wire [2*IN-1:0] terms,
    input  wire [1:0]      gates,
    output wire [IN:0]     sum
);

    wire [IN-1:0] a = terms[0  +: IN] & {IN{gates[0]}};
    wire [IN-1:0] b = terms[IN +: IN] & {IN{gates[1]}};

    assign sum = {SIGNED != 0 && a[IN-1], a} + {SIGNED != 0 && b[IN-1], b};

endmodule

`default_nettype wire
