<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> rst,

    input  wire <{ blank }> s_valid,
    output wire <{ blank }> s_ready,
    input  wire <{ s_data }> s_data,

    output wire <{ blank }> m_valid,
    input  wire <{ blank }> m_ready,
    output wire <{ m_data }> m_data
);

    localparam LANES  = <{ lanes }>;
    localparam X_BITS = <{ x_bits }>;
    localparam Y_BITS = <{ y_bits }>;

    wire [LANES*Y_BITS-1:0] result;
<%- if joins %>

    // ---- Flow: only the last pixel of a rectangle needs room in the output buffer.
    wire can_accept;
    wire completes;
    wire step = s_valid && s_ready;

    assign s_ready = !completes || can_accept;

    // ---- Position in the image; phases<% if rows_fill %>, and rows,<% endif %> are positions in a rectangle.<{ walk }>

    wire begins = <{ begins }>;

    assign completes = <{ completes }>;

    // ---- The results so far<% if results.words > 1 %>: a word for each beat of a row of results<% endif %>.
    wire [LANES*Y_BITS-1:0] partials;
<%- match keeps %>
<%- when Condition::Always %>
    wire keep = step;
<%- when _ %>
    wire keep = step && <{ keeps.text() }>;  // the columns beyond fill no rectangle
<%- endmatch %>
<%- if results.words == 1 %>
    reg  [LANES*Y_BITS-1:0] held;

    assign partials = held;

    always @(posedge clk)
        if (keep) held <= result;
<%- else %>

    (* ram_style = "distributed" *)
    reg  [LANES*Y_BITS-1:0] memory [0:<{ results.words - 1 }>];
<%- match results.address %>
<%- when Some with (counter) %>

    assign partials = memory[<{ counter }>];

    always @(posedge clk)
        if (keep) memory[<{ counter }>] <= result;
<%- when None %>
    reg  [<{ results.address_bits - 1 }>:0] address;
    wire last_address = address == <{ results.address_bits }>'d<{ results.words - 1 }>;

    assign partials = memory[address];

    always @(posedge clk)
        if (keep) memory[address] <= result;

    always @(posedge clk)
        if (rst) begin
            address <= <{ results.address_bits }>'d0;
        end else if (keep) begin
<%- match results.again %>
<%- when Some with ((condition, back)) %>
            if (<{ condition }>) address <= <{ back }>;  // the rectangle goes on
            else address <= last_address ? <{ results.address_bits }>'d0 : address + 1'b1;
<%- when None %>
            address <= last_address ? <{ results.address_bits }>'d0 : address + 1'b1;
<%- endmatch %>
        end
<%- endmatch %>
<%- endif %>
<%- endif %>

    // ---- Lanes<% if joins %>, joined with what was before them<% endif %>.
    genvar i;
    generate
        for (i = 0; i < LANES; i = i + 1) begin : lane
            wire [X_BITS-1:0] x    = s_data[i*X_BITS +: X_BITS];
            wire [Y_BITS-1:0] wide = <{ wide }>;
<%- if joins %>
            wire [Y_BITS-1:0] partial = partials[i*Y_BITS +: Y_BITS];

            assign result[i*Y_BITS +: Y_BITS] = <{ join }>;
<%- else %>

            assign result[i*Y_BITS +: Y_BITS] = wide;
<%- endif %>
        end
    endgenerate

    <{ buffer }> #(
        .WIDTH (LANES * Y_BITS)
    ) buffer (
        .clk     (clk),
        .rst     (rst),
<%- if joins %>
        .s_valid (s_valid && completes),
        .s_ready (can_accept),
<%- else %>
        .s_valid (s_valid),
        .s_ready (s_ready),
<%- endif %>
        .s_data  (result),
        .m_valid (m_valid),
        .m_ready (m_ready),
        .m_data  (m_data)
    );

endmodule

`default_nettype wire
