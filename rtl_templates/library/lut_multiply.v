// lut_multiply: a product in LUTs, as the sum of its rows of partial products.
//
// A row is a copy of `a` gated by a bit of `b`. Rows are added in pairs, which takes one look-up table and one
// carry bit per column, and the pairs one after another, by recursion over `b`; the sign bit's row counts
// negative. Written without `*`, so that no tool takes a DSP slice for it. Let `b` be the shorter operand.

`default_nettype none

module lut_multiply #(
    parameter A_BITS   = 4,
    parameter A_SIGNED = 0,
    parameter B_BITS   = 4,
    parameter B_SIGNED = 1
) (
    input  wire [A_BITS-1:0]        a,
    input  wire [B_BITS-1:0]        b,
    output wire [A_BITS+B_BITS-1:0] product
);

    wire sign = A_SIGNED != 0 && a[A_BITS-1];

    generate
        if (B_BITS == 1) begin : row
            wire [A_BITS:0] row0 = {sign, a} & {(A_BITS+1){b[0]}};

            assign product = B_SIGNED != 0 ? -row0 : row0;
        end else begin : rows
            wire [A_BITS+1:0] row0 = {{2{sign}}, a}   & {(A_BITS+2){b[0]}};
            wire [A_BITS+1:0] row1 = {sign, a, 1'b0} & {(A_BITS+2){b[1]}};

            if (B_BITS == 2) begin : pair
                assign product = B_SIGNED != 0 ? row0 - row1 : row0 + row1;
            end else begin : more
                wire [A_BITS+1:0]        low = row0 + row1;
                wire [A_BITS+B_BITS-3:0] high;

                lut_multiply #(
                    .A_BITS   (A_BITS),
                    .A_SIGNED (A_SIGNED),
                    .B_BITS   (B_BITS - 2),
                    .B_SIGNED (B_SIGNED)
                ) rest (
                    .a       (a),
                    .b       (b[B_BITS-1:2]),
                    .product (high)
                );

                wire low_sign = A_SIGNED != 0 && low[A_BITS+1];

                assign product = {high + {{(B_BITS-2){low_sign}}, low[A_BITS+1:2]}, low[1:0]};
            end
        end
    endgenerate

endmodule

`default_nettype wire
