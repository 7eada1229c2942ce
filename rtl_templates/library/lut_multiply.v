// lut_multiply: a product in LUTs, as the sum of the rows of partial products.
//
// Rows of gated copies of `a`, one for each bit of `b`; the sign bit's row counts negative. Written without
// `*`, so that no tool takes a DSP slice for it. PRODUCT_BITS is at least A_BITS.

`default_nettype none

module lut_multiply #(
    parameter A_BITS       = 4,
    parameter A_SIGNED     = 0,
    parameter B_BITS       = 4,
    parameter B_SIGNED     = 1,
    parameter PRODUCT_BITS = 8
) (
    input  wire [A_BITS-1:0]       a,
    input  wire [B_BITS-1:0]       b,
    output wire [PRODUCT_BITS-1:0] product
);

    wire sign = A_SIGNED != 0 && a[A_BITS-1];

    function [PRODUCT_BITS-1:0] sum_of_rows;
        input [PRODUCT_BITS-1:0] wide;  // `a`, extended
        input [B_BITS-1:0]       gates;
        integer                  j;
        reg   [PRODUCT_BITS-1:0] row;
        begin
            sum_of_rows = {PRODUCT_BITS{1'b0}};
            for (j = 0; j < B_BITS; j = j + 1) begin
                row = (wide << j) & {PRODUCT_BITS{gates[j]}};
                if (B_SIGNED != 0 && j == B_BITS - 1) sum_of_rows = sum_of_rows - row;
                else                                  sum_of_rows = sum_of_rows + row;
            end
        end
    endfunction

    assign product = sum_of_rows({{(PRODUCT_BITS-A_BITS){sign}}, a}, b);

endmodule

`default_nettype wire
