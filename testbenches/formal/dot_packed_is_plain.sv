// claim: packed products are plain ones, for all weights and activations
// with: dot_packed
// check 8: ROWS=2 SIMD=2 X_BITS=2 X_SIGNED=0 W_BITS=2 W_SIGNED=1 CODED=1 PITCH=5 LENGTH=2 CHAINS=1 ADDED=1 UNPACKED=1 LAST=1 EXCESS=3 OUT=5
// check 8: ROWS=2 SIMD=2 X_BITS=2 X_SIGNED=1 W_BITS=2 W_SIGNED=1 CODED=1 PITCH=6 LENGTH=2 CHAINS=1 ADDED=1 UNPACKED=2 LAST=2 EXCESS=3 OUT=5
// check 8: ROWS=3 SIMD=2 X_BITS=2 X_SIGNED=0 W_BITS=2 W_SIGNED=0 CODED=1 PITCH=6 LENGTH=2 CHAINS=1 ADDED=1 UNPACKED=1 LAST=1 EXCESS=3 OUT=6
// check 8: ROWS=2 SIMD=3 X_BITS=2 X_SIGNED=0 W_BITS=3 W_SIGNED=1 CODED=1 PITCH=7 LENGTH=2 CHAINS=2 ADDED=1 UNPACKED=1 LAST=2 EXCESS=4 OUT=8
// check 8: ROWS=2 SIMD=1 X_BITS=3 X_SIGNED=0 W_BITS=3 W_SIGNED=1 CODED=1 PITCH=7 LENGTH=1 CHAINS=1 ADDED=0 UNPACKED=0 LAST=0 EXCESS=3 OUT=7
// check 8: ROWS=3 SIMD=1 X_BITS=2 X_SIGNED=0 W_BITS=2 W_SIGNED=1 CODED=1 PITCH=5 LENGTH=1 CHAINS=1 ADDED=0 UNPACKED=0 LAST=0 EXCESS=2 OUT=5
// check 8: ROWS=1 SIMD=2 X_BITS=3 X_SIGNED=1 W_BITS=3 W_SIGNED=1 CODED=0 PITCH=7 LENGTH=2 CHAINS=1 ADDED=1 UNPACKED=1 LAST=1 EXCESS=4 OUT=7
// check 8: ROWS=1 PIXELS=2 TAPS=3 SIMD=1 X_BITS=2 X_SIGNED=0 W_BITS=2 W_SIGNED=1 CODED=1 PITCH=5 LENGTH=1 CHAINS=1 ADDED=0 UNPACKED=0 LAST=0 EXCESS=3 OUT=6
// check 8: ROWS=2 PIXELS=2 TAPS=1 SIMD=2 X_BITS=2 X_SIGNED=0 W_BITS=2 W_SIGNED=1 CODED=1 PITCH=5 LENGTH=2 CHAINS=1 ADDED=1 UNPACKED=1 LAST=1 EXCESS=3 OUT=5
// check 8: ROWS=2 PIXELS=2 TAPS=2 SIMD=1 X_BITS=2 X_SIGNED=0 W_BITS=2 W_SIGNED=0 CODED=1 PITCH=5 LENGTH=1 CHAINS=1 ADDED=0 UNPACKED=0 LAST=0 EXCESS=3 OUT=5
module dot_packed_is_plain #(
    parameter ROWS      = 2,
    parameter PIXELS    = 1,
    parameter TAPS      = 1,
    parameter SIMD      = 2,
    parameter X_BITS    = 2,
    parameter X_SIGNED  = 0,
    parameter W_BITS    = 2,
    parameter W_SIGNED  = 1,
    parameter CODED     = 1,
    parameter PITCH     = 6,
    parameter LENGTH    = 2,
    parameter CHAINS    = 1,
    parameter ADDED     = 1,
    parameter UNPACKED  = 1,
    parameter LAST      = 1,
    parameter EXCESS    = 3,
    parameter OUT       = 6
) (
    input wire clk
);

    localparam COLUMNS = PIXELS + TAPS - 1;

    // Operands stand still until their sums have come through.
    (* anyconst *) wire [PIXELS*SIMD*X_BITS-1:0]    x;
    (* anyconst *) wire [ROWS*TAPS*SIMD*W_BITS-1:0] w;
    reg  [COLUMNS*EXCESS-1:0]   excess;
    wire [ROWS*COLUMNS*OUT-1:0] sums;
    reg  [3:0]                  age = 4'd0;

    always @(posedge clk)
        if (!(&age)) age <= age + 1'b1;

    // Signed weights are stored with their sign bit inverted.
    wire [ROWS*TAPS*SIMD*W_BITS-1:0] stored;

    genvar row;
    genvar i;
    generate
        for (i = 0; i < ROWS * TAPS * SIMD; i = i + 1) begin : weight
            if (CODED != 0 && W_SIGNED != 0) begin : coded
                assign stored[i*W_BITS +: W_BITS] = w[i*W_BITS +: W_BITS] ^ (1 << (W_BITS - 1));
            end else begin : plain
                assign stored[i*W_BITS +: W_BITS] = w[i*W_BITS +: W_BITS];
            end
        end
    endgenerate

    integer lane;
    integer pixel;
    integer column;
    reg signed [31:0] term;

    // Pixel j falls on columns j to j + TAPS - 1.
    always @* begin
        excess = {(COLUMNS*EXCESS){1'b0}};
        for (column = 0; column < COLUMNS; column = column + 1)
            for (pixel = 0; pixel < PIXELS; pixel = pixel + 1)
                if (column >= pixel && column < pixel + TAPS)
                    for (lane = 0; lane < SIMD; lane = lane + 1) begin
                        term = {{(32-X_BITS){X_SIGNED != 0 && x[(pixel*SIMD+lane)*X_BITS+X_BITS-1]}}, x[(pixel*SIMD+lane)*X_BITS +: X_BITS]};
                        excess[column*EXCESS +: EXCESS] = excess[column*EXCESS +: EXCESS] + term[EXCESS-1:0];
                    end
    end

    dot_packed #(
        .ROWS (ROWS), .PIXELS (PIXELS), .TAPS (TAPS), .SIMD (SIMD), .X_BITS (X_BITS), .X_SIGNED (X_SIGNED),
        .W_BITS (W_BITS), .W_SIGNED (W_SIGNED), .CODED (CODED), .PITCH (PITCH), .LENGTH (LENGTH), .CHAINS (CHAINS),
        .ADDED (ADDED), .UNPACKED (UNPACKED), .LAST (LAST), .PER_STAGE (1), .EXCESS (EXCESS), .OUT (OUT)
    ) dot (
        .clk (clk), .enable (1'b1), .x (x), .w (stored), .excess (excess), .sums (sums)
    );

    generate
        for (row = 0; row < ROWS * COLUMNS; row = row + 1) begin : rows
            integer             j;
            integer             p;
            integer             t;
            reg signed [31:0] a;
            reg signed [31:0] b;
            reg signed [31:0] plain;

            always @* begin
                plain = 0;
                for (p = 0; p < PIXELS; p = p + 1)
                    for (j = 0; j < SIMD; j = j + 1) begin
                        t = p + TAPS - 1 - row % COLUMNS;
                        if (t >= 0 && t < TAPS) begin
                            a = {{(32-X_BITS){X_SIGNED != 0 && x[(p*SIMD+j)*X_BITS+X_BITS-1]}}, x[(p*SIMD+j)*X_BITS +: X_BITS]};
                            b = {{(32-W_BITS){W_SIGNED != 0 && w[((row/COLUMNS*TAPS+t)*SIMD+j)*W_BITS+W_BITS-1]}}, w[((row/COLUMNS*TAPS+t)*SIMD+j)*W_BITS +: W_BITS]};
                            plain = plain + a * b;
                        end
                    end
            end

            always @(posedge clk)
                if (age >= 4'd6) assert (sums[row*OUT +: OUT] == plain[OUT-1:0]);
        end
    endgenerate

endmodule
