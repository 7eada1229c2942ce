<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> enable,
    input  wire <{ x_range }> x,     // stage 1
    input  wire <{ mul_range }> mul,
    input  wire <{ add_range }> add,
    output wire <{ code_range }> code
);

    localparam PRODUCT = <{ product_bits }>;
    localparam SUM     = <{ sum_bits }>;

    // ---- Stage 2: product.
    wire signed [<{ x.1 - 1 }>:0] a = <{ x.0 }>;
    wire signed [<{ mul.1 - 1 }>:0] b = <{ mul.0 }>;
<%- if dsp %>
    (* use_dsp = "yes" *)
<%- endif %>
    wire signed [PRODUCT-1:0] product1;
    reg  signed [PRODUCT-1:0] product2;
    reg  signed [<{ add.1 - 1 }>:0] add2;
<%- if dsp %>

    assign product1 = a * b;
<%- else %>

    wire [<{ wider.1 - 1 }>:0] longer  = {<{ wider.0 }>};
    wire [<{ narrower.1 - 1 }>:0] shorter = {<{ narrower.0 }>};
    wire [PRODUCT-1:0] rows;  // of partial products, summed

    assign product1 = $signed(rows);

    lut_multiply #(
        .A_BITS   (<{ wider.1 }>),
        .A_SIGNED (1),
        .B_BITS   (<{ narrower.1 }>),
        .B_SIGNED (1)
    ) multiply (
        .a       (longer),
        .b       (shorter),
        .product (rows)
    );
<%- endif %>

    always @(posedge clk)
        if (enable) begin
            product2 <= product1;
            add2     <= <{ add.0 }>;
        end

    // ---- Stage 3: sum.
    wire signed [SUM-1:0] wide_product = $signed(<{ wide_product }>);
    wire signed [SUM-1:0] wide_add     = $signed(<{ wide_add }>);
    reg  signed [SUM-1:0] sum3;

    always @(posedge clk)
        if (enable) sum3 <= wide_product + wide_add;

    // ---- Shift (floor) and clamp.
    wire signed [SUM-1:0] shifted = sum3 >>> <{ shift }>;
<%- if code.clamps_low %>
    wire low = shifted < <{ code.min }>;
<%- endif %>
<%- if code.clamps_high %>
    wire high = shifted > <{ code.max }>;
<%- endif %>
<%- if let Some(unused) = code.unused %>
    wire unused = &{1'b0, <{ unused }>};  // the result fits without a clamp
<%- endif %>

    assign code = <% if code.clamps_low %>low ? <{ code.code_min }> : <% endif %><% if code.clamps_high %>high ? <{ code.code_max }> : <% endif %><{ code.within }>;

endmodule

`default_nettype wire
