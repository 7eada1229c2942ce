<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> enable,
    input  wire <{ x_range }> x,
    input  wire <{ w_range }> w,
    output wire <{ sum_range }> sum
);

    // ---- Products.
    localparam SIMD    = <{ simd }>;
    localparam PRODUCT = <{ product_bits }>;

    wire [SIMD*PRODUCT-1:0] product;

    genvar i;
    generate
        for (i = 0; i < SIMD; i = i + 1) begin : lane<{ multiplication }>
        end
    endgenerate
<%- if let Some(count) = count %>

    // ---- Counts of the bits that are set.
    localparam COUNTS = <{ terms }>;

    wire [COUNTS*<{ count.radix }>-1:0] bits = <{ count.source }>;
    wire [COUNTS*<{ term_bits }>-1:0] next;
    reg  [COUNTS*<{ term_bits }>-1:0] counts;

    always @(posedge clk)
        if (enable) counts <= next;

    generate
        for (i = 0; i < COUNTS; i = i + 1) begin : count
            popcount #(
                .BITS  (<{ count.radix }>),
                .COUNT (<{ term_bits }>)
            ) ones (
                .bits  (bits[i*<{ count.radix }> +: <{ count.radix }>]),
                .count (next[i*<{ term_bits }> +: <{ term_bits }>])
            );
        end
    endgenerate
<%- else if registers_products %>

    reg [SIMD*PRODUCT-1:0] product_q;

    always @(posedge clk)
        if (enable) product_q <= product;
<%- endif %>

    // ---- Their sum.
    adder_tree #(
        .TERMS     (<{ terms }>),
        .IN        (<{ term_bits }>),
        .OUT       (<{ sum_bits }>),
        .SIGNED    (<{ signed }>),
        .LEVEL     (0),
        .LAST      (<{ levels }>),
        .PER_STAGE (<{ per_stage }>)
    ) total (
        .clk    (clk),
        .enable (enable),
        .terms  (<{ source }>),
        .sum    (sum)
    );

endmodule

`default_nettype wire
