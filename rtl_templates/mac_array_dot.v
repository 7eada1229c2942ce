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
<%- if registers_products %>

    reg [SIMD*PRODUCT-1:0] product_q;

    always @(posedge clk)
        if (enable) product_q <= product;
<%- endif %>

    // ---- Adder tree.
<%- for level in levels %>
    wire [<{ level.terms * level.radix * level.in_bits - 1 }>:0] terms<{ loop.index }> = <{ level.source }>;
    wire [<{ level.terms * level.out_bits - 1 }>:0] next<{ loop.index }>;
    reg  [<{ level.terms * level.out_bits - 1 }>:0] sum<{ loop.index }>;  // <{ level.terms }> x <{ level.out_bits }> bits

    always @(posedge clk)
        if (enable) sum<{ loop.index }> <= next<{ loop.index }>;

    generate
        for (i = 0; i < <{ level.terms }>; i = i + 1) begin : level<{ loop.index }>
<%- if level.counts %>
            popcount #(
                .BITS  (<{ level.radix }>),
                .COUNT (<{ level.out_bits }>)
            ) ones (
                .bits  (terms<{ loop.index }>[i*<{ level.radix }> +: <{ level.radix }>]),
                .count (next<{ loop.index }>[i*<{ level.out_bits }> +: <{ level.out_bits }>])
            );
<%- else %>
            sum4 #(
                .IN     (<{ level.in_bits }>),
                .OUT    (<{ level.out_bits }>),
                .SIGNED (<{ level.signed }>)
            ) add (
                .terms (terms<{ loop.index }>[i*<{ 4 * level.in_bits }> +: <{ 4 * level.in_bits }>]),
                .sum   (next<{ loop.index }>[i*<{ level.out_bits }> +: <{ level.out_bits }>])
            );
<%- endif %>
        end
    endgenerate
<% endfor %>
    assign sum = <{ output }>;

endmodule

`default_nettype wire
