// dot_packed: dot products of ROWS rows of weights with the same activations, several products in a DSP slice.
//
// A lane has PIXELS activations, neighbours in a row of an image, and each row TAPS weights for it, neighbours in a row of
// a kernel. The slice multiplies all with all; tap t of pixel j falls on column j + TAPS - 1 - t of its row, so there are
// PIXELS + TAPS - 1 sums a row (filter packing, HiKonv; of one tap an outer product, of one pixel and one tap a shared
// operand). Several pixels must not be negative.
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
    parameter PIXELS    = 1,
    parameter TAPS      = 1,
    parameter SIMD      = 16,  // lanes
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
    parameter EXCESS    = 8,   // bits of a sum of all activations
    parameter OUT       = 12
) (
    input  wire                               clk,
    input  wire                               enable,
    input  wire [PIXELS*SIMD*X_BITS-1:0]      x,       // pixel after pixel
    input  wire [ROWS*TAPS*SIMD*W_BITS-1:0]   w,       // row after row, tap after tap
    input  wire [(PIXELS+TAPS-1)*EXCESS-1:0]  excess,  // the sums of the activations that fall on each column, when
                                                       // the last level is done
    output wire [ROWS*(PIXELS+TAPS-1)*OUT-1:0] sums    // row after row, column after column
);

    localparam OFFSET  = CODED != 0 && W_SIGNED != 0;
    localparam HALF    = W_BITS <= OUT ? W_BITS - 1 : 0;  // half a weight's range as a shift; past OUT nothing is left
    localparam COLUMNS = PIXELS + TAPS - 1;
    localparam FIELDS  = ROWS * COLUMNS;
    localparam HIGHEST = ((ROWS - 1) * COLUMNS + TAPS - 1) * PITCH;  // where the highest weight stands
    localparam FACTOR  = HIGHEST + W_BITS + (CODED != 0 || W_SIGNED == 0 ? 1 : 0);
    localparam OPERAND = (PIXELS - 1) * PITCH + X_BITS + (X_SIGNED != 0 ? 0 : 1);
    localparam WIDTH   = FIELDS * PITCH;
    localparam PRODUCT = FACTOR + OPERAND > WIDTH ? FACTOR + OPERAND : WIDTH;
    localparam SIGNED  = CODED != 0 ? X_SIGNED : 1;  // whether a field can be negative

    // ---- What the weights' codes are too high, in all.
    wire [COLUMNS*OUT-1:0] half;

    genvar i, j, row, field, chain;
    generate
        for (field = 0; field < COLUMNS; field = field + 1) begin : correction
            wire [EXCESS-1:0] own = excess[field*EXCESS +: EXCESS];
            wire [OUT-1:0]    total_of_x;

            assign half[field*OUT +: OUT] = W_BITS <= OUT ? total_of_x << HALF : {OUT{1'b0}};

            if (OFFSET && EXCESS < OUT) begin : extended
                assign total_of_x = {{(OUT-EXCESS){X_SIGNED != 0 && own[EXCESS-1]}}, own};
            end else if (OFFSET && EXCESS == OUT) begin : whole
                assign total_of_x = own;
            end else if (OFFSET) begin : wrapping
                wire unused = &{1'b0, own[EXCESS-1:OUT]};  // sums wrap

                assign total_of_x = own[OUT-1:0];
            end else begin : none
                wire unused = &{1'b0, own, half[field*OUT +: OUT]};

                assign total_of_x = {OUT{1'b0}};
            end
        end
    endgenerate

    // ---- Products.
    wire [CHAINS*LENGTH*WIDTH-1:0] products;

    generate
        for (i = 0; i < CHAINS * LENGTH; i = i + 1) begin : lane
            if (i < SIMD) begin : used
                wire signed [FACTOR-1:0]  factor;
                wire signed [OPERAND-1:0] operand;
                (* use_dsp = "yes" *)
                reg signed [PRODUCT-1:0]  product;

                for (j = 0; j < PIXELS; j = j + 1) begin : pixel
                    assign operand[j*PITCH +: X_BITS] = x[(j*SIMD+i)*X_BITS +: X_BITS];

                    if (j + 1 < PIXELS) begin : gap
                        assign operand[j*PITCH+X_BITS +: PITCH-X_BITS] = {(PITCH-X_BITS){1'b0}};
                    end
                end

                if (X_SIGNED == 0) begin : positive
                    assign operand[OPERAND-1] = 1'b0;
                end

                for (row = 0; row < ROWS; row = row + 1) begin : weights
                    for (j = 0; j < TAPS; j = j + 1) begin : field
                        localparam AT   = (row * COLUMNS + j) * PITCH;
                        localparam NEXT = j + 1 < TAPS ? AT + PITCH : (row + 1) * COLUMNS * PITCH;

                        assign factor[AT +: W_BITS] = w[((row*TAPS+TAPS-1-j)*SIMD+i)*W_BITS +: W_BITS];

                        if (AT < HIGHEST) begin : gap
                            assign factor[NEXT-1:AT+W_BITS] = {(NEXT-AT-W_BITS){1'b0}};
                        end
                    end
                end

                if (FACTOR > HIGHEST + W_BITS) begin : positive_factor
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
        wire [FIELDS*CHAINS*PITCH-1:0] fields;

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

            for (field = 0; field < FIELDS; field = field + 1) begin : part
                wire [PITCH-1:0] next;

                if (X_SIGNED != 0 && field > 0) begin : lent
                    assign next = packed_sum[field*PITCH +: PITCH] + {{(PITCH-1){1'b0}}, packed_sum[field*PITCH-1]};
                end else begin : plain
                    assign next = packed_sum[field*PITCH +: PITCH];
                end

                stage #(
                    .WIDTH      (PITCH),
                    .REGISTERED (UNPACKED > ADDED && (UNPACKED % PER_STAGE == 0 || UNPACKED == LAST))
                ) behind (
                    .clk    (clk),
                    .enable (enable),
                    .in     (next),
                    .out    (fields[(field*CHAINS+chain)*PITCH +: PITCH])
                );
            end
        end

        // ---- Sums of columns of rows.
        for (field = 0; field < FIELDS; field = field + 1) begin : columns
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
                .terms  (fields[field*CHAINS*PITCH +: CHAINS*PITCH]),
                .sum    (codes)
            );

            if (OFFSET) begin : centred
                reg [OUT-1:0] held;

                always @(posedge clk)
                    if (enable) held <= codes - half[field%COLUMNS*OUT +: OUT];

                assign sums[field*OUT +: OUT] = held;
            end else begin : plain
                assign sums[field*OUT +: OUT] = codes;
            end
        end
    endgenerate

endmodule

`default_nettype wire
