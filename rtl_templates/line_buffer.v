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

    localparam BEAT    = <{ beat_bits }>;
    localparam ROWS    = <{ rows }>;  // of the kernel
    localparam COLUMNS = <{ columns }>;

    // ---- Flow: only a beat that completes a window needs room in the output buffer.
    wire can_accept;
    wire emits;
<%- if self.moves() %>
    wire step = s_valid && s_ready;
<%- endif %>

    assign s_ready = !emits || can_accept;

    // ---- Position in the image<% if walk.registers().next().is_none() %>: each pixel is a window<% endif %>.<{ walk }>

    assign emits = <{ emits.text() }>;

    // ---- The column of pixels that ends with the arriving one, the arriving one in the lowest bits.
<%- if stored_rows == 0 %>
    wire [BEAT-1:0] column_data = s_data;
<%- else %>
    localparam STORED = <{ stored_rows }>;  // rows in memory: a word holds the beats of one position in each

    wire [STORED*BEAT-1:0]     above;
    wire [(STORED+1)*BEAT-1:0] column_data = {above, s_data};
<%- if words == 1 %>
    reg  [STORED*BEAT-1:0]     held;

    assign above = held;

    always @(posedge clk)
        if (step) held <= column_data[STORED*BEAT-1:0];
<%- else %>

    // The word of the next position is read while this one's goes back, a row older.
    reg  [<{ address_bits - 1 }>:0] address;
    wire [<{ address_bits - 1 }>:0] next_address = address == <{ address_bits }>'d<{ words - 1 }> ? <{ address_bits }>'d0 : address + 1'b1;

    always @(posedge clk)
        if (rst)       address <= <{ address_bits }>'d0;
        else if (step) address <= next_address;

    <{ ram }> #(
        .WIDTH        (STORED * BEAT),
        .DEPTH        (<{ words }>),
        .ADDRESS_BITS (<{ address_bits }>)
    ) rows_above (
        .clk           (clk),
        .write         (step),
        .write_address (address),
        .write_data    (column_data[STORED*BEAT-1:0]),
        .read          (step),
        .read_address  (next_address),
        .read_data     (above)
    );
<%- endif %>
<%- endif %>

    // ---- The window: the last column arrives, those before it come out of shift registers.
    wire [ROWS*COLUMNS*BEAT-1:0] taps;

    genvar r<% if columns > 1 %>, c<% endif %>;
    generate
        for (r = 0; r < ROWS; r = r + 1) begin : kernel_row
            localparam BACK = (ROWS - 1 - r) * <{ row_pitch }>;  // rows before the arriving one
            localparam LAST = (r + 1) * COLUMNS - 1;

            assign taps[LAST*BEAT +: BEAT] = column_data[BACK*BEAT +: BEAT];
<%- if columns > 1 %>

            for (c = 1; c < COLUMNS; c = c + 1) begin : kernel_column
                delay #(
                    .WIDTH (BEAT),
                    .DEPTH (<{ column_pitch }>)
                ) pixels (
                    .clk  (clk),
                    .step (step),
                    .in   (taps[(LAST-c+1)*BEAT +: BEAT]),
                    .out  (taps[(LAST-c)*BEAT +: BEAT])
                );
            end
<%- endif %>
        end
    endgenerate

    <{ buffer }> #(
        .WIDTH (ROWS * COLUMNS * BEAT)
    ) buffer (
        .clk     (clk),
        .rst     (rst),
        .s_valid (s_valid && emits),
        .s_ready (can_accept),
        .s_data  (taps),
        .m_valid (m_valid),
        .m_ready (m_ready),
        .m_data  (m_data)
    );

endmodule

`default_nettype wire
