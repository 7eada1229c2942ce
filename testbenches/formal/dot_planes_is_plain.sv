// claim: sums of bit planes are the dot product, for all weights and activations
// with: dot_planes
// check 8: SIMD=2 X_BITS=2 X_SIGNED=0 W_BITS=2 W_SIGNED=1 OUT=5 PLANE=3 PLANED=1 LAST=2
// check 8: SIMD=3 X_BITS=2 X_SIGNED=1 W_BITS=2 W_SIGNED=1 OUT=6 PLANE=4 PLANED=2 LAST=3
// check 8: SIMD=2 X_BITS=3 X_SIGNED=1 W_BITS=3 W_SIGNED=0 OUT=7 PLANE=4 PLANED=1 LAST=3
module dot_planes_is_plain #(
    parameter SIMD     = 2,
    parameter X_BITS   = 2,
    parameter X_SIGNED = 0,
    parameter W_BITS   = 2,
    parameter W_SIGNED = 1,
    parameter OUT      = 5,
    parameter PLANE    = 3,
    parameter PLANED   = 1,
    parameter LAST     = 2
) (
    input wire clk
);

    (* anyconst *) wire [SIMD*X_BITS-1:0] x;
    (* anyconst *) wire [SIMD*W_BITS-1:0] w;
    wire [OUT-1:0] sum;
    reg  [3:0]     age = 4'd0;

    always @(posedge clk)
        if (!(&age)) age <= age + 1'b1;

    dot_planes #(
        .SIMD (SIMD), .X_BITS (X_BITS), .X_SIGNED (X_SIGNED), .W_BITS (W_BITS), .W_SIGNED (W_SIGNED), .OUT (OUT),
        .PLANE (PLANE), .PLANED (PLANED), .LAST (LAST), .PER_STAGE (1)
    ) dot (
        .clk (clk), .enable (1'b1), .x (x), .w (w), .sum (sum)
    );

    integer j;
    reg signed [31:0] a;
    reg signed [31:0] b;
    reg signed [31:0] plain;

    always @* begin
        plain = 0;
        for (j = 0; j < SIMD; j = j + 1) begin
            a = {{(32-X_BITS){X_SIGNED != 0 && x[j*X_BITS+X_BITS-1]}}, x[j*X_BITS +: X_BITS]};
            b = {{(32-W_BITS){W_SIGNED != 0 && w[j*W_BITS+W_BITS-1]}}, w[j*W_BITS +: W_BITS]};
            plain = plain + a * b;
        end
    end

    always @(posedge clk)
        if (age >= 4'd6) assert (sum == plain[OUT-1:0]);

endmodule
