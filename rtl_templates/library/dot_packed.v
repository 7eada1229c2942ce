// dot_packed: dot products of ROWS rows of weights with the same activations, ROWS products in a DSP slice.
//
// The weights of a lane stand side by side in one factor, PITCH bits apart, as unsigned codes: a signed weight is stored
// with its sign bit inverted, which is the weight plus half its range. So the fields of a factor, and of a product with an
// activation that is not negative, are slices of it (UINT packing). Packed products are added as they are, at most LENGTH
// of them, before a field overflows; then fields part. A field below that is negative has borrowed one, which is given
// back. What the weights' codes are too high is the same for all rows: the sum of all activations times half the range.
// Where nothing is packed (CODED is 0), weights are what they are.

`default_nettype none

module dot_packed #(
    parameter ROWS      = 3,
    parameter SIMD      = 16,
    parameter X_BITS    = 4,
    parameter X_SIGNED  = 0,
    parameter W_BITS    = 4,
    parameter W_SIGNED  = 1,
    parameter CODED     = 1,   // whether weights are unsigned codes
    parameter PITCH     = 11,
    parameter LENGTH    = 8,   // products that are added before fields part
    parameter CHAINS    = 2,   // sums of that many products
    parameter ADDED     = 3,   // levels to such a sum
    parameter UNPACKED  = 3,   // levels until fields have parted
    parameter LAST      = 4,   // levels in all, but for the last correction
    parameter PER_STAGE = 2,
    parameter EXCESS    = 8,   // bits of the sum of all activations
    parameter OUT       = 12
) (
    input  wire                        clk,
    input  wire                        enable,
    input  wire [SIMD*X_BITS-1:0]      x,
    input  wire [ROWS*SIMD*W_BITS-1:0] w,       // row after row
    input  wire [EXCESS-1:0]           excess,  // the sum of all activations, when the last level is done
    output wire [ROWS*OUT-1:0]         sums
);

    localparam OFFSET  = CODED != 0 && W_SIGNED != 0;
    localparam FACTOR  = (ROWS - 1) * PITCH + W_BITS + (CODED != 0 || W_SIGNED == 0 ? 1 : 0);
    localparam OPERAND = X_BITS + (X_SIGNED != 0 ? 0 : 1);
    localparam WIDTH   = ROWS * PITCH;
    localparam PRODUCT = FACTOR + OPERAND > WIDTH ? FACTOR + OPERAND : WIDTH;
    localparam SIGNED  = CODED != 0 ? X_SIGNED : 1;  // whether a field can be negative

    // ---- What the weights' codes are too high, in all.
    wire [OUT-1:0] total_of_x;
    wire [OUT-1:0] half = total_of_x << (W_BITS - 1);

    generate
        if (OFFSET && EXCESS < OUT) begin : extended
            assign total_of_x = {{(OUT-EXCESS){X_SIGNED != 0 && excess[EXCESS-1]}}, excess};
        end else if (OFFSET && EXCESS == OUT) begin : whole
            assign total_of_x = excess;
        end else if (OFFSET) begin : wrapping
            wire unused = &{1'b0, excess[EXCESS-1:OUT]};  // sums wrap

            assign total_of_x = excess[OUT-1:0];
        end else begin : none
            wire unused = &{1'b0, excess, half};

            assign total_of_x = {OUT{1'b0}};
        end
    endgenerate

    // ---- Products.
    wire [CHAINS*LENGTH*WIDTH-1:0] products;

    genvar i, row, chain;
    generate
        for (i = 0; i < CHAINS * LENGTH; i = i + 1) begin : lane
            if (i < SIMD) begin : used
                wire signed [FACTOR-1:0]  factor;
                wire signed [OPERAND-1:0] operand;
                (* use_dsp = "yes" *)
                reg signed [PRODUCT-1:0]  product;

                if (X_SIGNED != 0) begin : plain
                    assign operand = $signed(x[i*X_BITS +: X_BITS]);
                end else begin : positive
                    assign operand = $signed({1'b0, x[i*X_BITS +: X_BITS]});
                end

                for (row = 0; row < ROWS; row = row + 1) begin : field
                    assign factor[row*PITCH +: W_BITS] = w[(row*SIMD+i)*W_BITS +: W_BITS];

                    if (row + 1 < ROWS) begin : gap
                        assign factor[row*PITCH+W_BITS +: PITCH-W_BITS] = {(PITCH-W_BITS){1'b0}};
                    end
                end

                if (FACTOR > (ROWS - 1) * PITCH + W_BITS) begin : positive_factor
                    assign factor[FACTOR-1] = 1'b0;
                end

                always @(posedge clk)
                    if (enable) product <= factor * operand;

                assign products[i*WIDTH +: WIDTH] = product[WIDTH-1:0];

                if (PRODUCT > WIDTH) begin : wide
                    wire unused = &{1'b0, product[PRODUCT-1:WIDTH]};  // sums wrap to the fields
                end
            end else begin : missing
                assign products[i*WIDTH +: WIDTH] = {WIDTH{1'b0}};
            end
        end

        // ---- Sums of packed products, and their fields.
        wire [ROWS*CHAINS*PITCH-1:0] fields;

        for (chain = 0; chain < CHAINS; chain = chain + 1) begin : sum
            wire [WIDTH-1:0] packed_sum;

            adder_tree #(
                .TERMS     (LENGTH),
                .IN        (WIDTH),
                .OUT       (WIDTH),
                .SIGNED    (0),
                .LEVEL     (0),
                .LAST      (LAST),
                .PER_STAGE (PER_STAGE)
            ) total (
                .clk    (clk),
                .enable (enable),
                .terms  (products[chain*LENGTH*WIDTH +: LENGTH*WIDTH]),
                .sum    (packed_sum)
            );

            for (row = 0; row < ROWS; row = row + 1) begin : field
                wire [PITCH-1:0] next;

                if (X_SIGNED != 0 && row > 0) begin : lent
                    assign next = packed_sum[row*PITCH +: PITCH] + {{(PITCH-1){1'b0}}, packed_sum[row*PITCH-1]};
                end else begin : plain
                    assign next = packed_sum[row*PITCH +: PITCH];
                end

                stage #(
                    .WIDTH      (PITCH),
                    .REGISTERED (UNPACKED > ADDED && (UNPACKED % PER_STAGE == 0 || UNPACKED == LAST))
                ) behind (
                    .clk    (clk),
                    .enable (enable),
                    .in     (next),
                    .out    (fields[(row*CHAINS+chain)*PITCH +: PITCH])
                );
            end
        end

        // ---- Sums of rows.
        for (row = 0; row < ROWS; row = row + 1) begin : rows
            wire [OUT-1:0] codes;

            adder_tree #(
                .TERMS     (CHAINS),
                .IN        (PITCH),
                .OUT       (OUT),
                .SIGNED    (SIGNED),
                .LEVEL     (UNPACKED),
                .LAST      (LAST),
                .PER_STAGE (PER_STAGE)
            ) total (
                .clk    (clk),
                .enable (enable),
                .terms  (fields[row*CHAINS*PITCH +: CHAINS*PITCH]),
                .sum    (codes)
            );

            if (OFFSET) begin : centred
                reg [OUT-1:0] held;

                always @(posedge clk)
                    if (enable) held <= codes - half;

                assign sums[row*OUT +: OUT] = held;
            end else begin : plain
                assign sums[row*OUT +: OUT] = codes;
            end
        end
    endgenerate

endmodule

`default_nettype wire
