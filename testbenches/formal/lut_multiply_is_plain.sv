// claim: rows of partial products sum to the product, for all operands
// with: lut_multiply
// check 2: A_BITS=4 A_SIGNED=1 B_BITS=4 B_SIGNED=1
// check 2: A_BITS=5 A_SIGNED=0 B_BITS=3 B_SIGNED=1
// check 2: A_BITS=4 A_SIGNED=1 B_BITS=3 B_SIGNED=0
// check 2: A_BITS=6 A_SIGNED=0 B_BITS=1 B_SIGNED=0
// check 2: A_BITS=3 A_SIGNED=1 B_BITS=1 B_SIGNED=1
// check 2: A_BITS=6 A_SIGNED=0 B_BITS=6 B_SIGNED=0
module lut_multiply_is_plain #(
    parameter A_BITS   = 4,
    parameter A_SIGNED = 1,
    parameter B_BITS   = 4,
    parameter B_SIGNED = 1
) (
    input wire              clk,
    input wire [A_BITS-1:0] a,
    input wire [B_BITS-1:0] b
);

    wire [A_BITS+B_BITS-1:0] product;

    lut_multiply #(
        .A_BITS (A_BITS), .A_SIGNED (A_SIGNED), .B_BITS (B_BITS), .B_SIGNED (B_SIGNED)
    ) multiply (
        .a (a), .b (b), .product (product)
    );

    wire signed [31:0] wide_a = {{(32-A_BITS){A_SIGNED != 0 && a[A_BITS-1]}}, a};
    wire signed [31:0] wide_b = {{(32-B_BITS){B_SIGNED != 0 && b[B_BITS-1]}}, b};
    wire signed [31:0] plain  = wide_a * wide_b;

    always @(posedge clk) assert (product == plain[A_BITS+B_BITS-1:0]);

endmodule
