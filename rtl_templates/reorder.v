<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> rst,

    input  wire <{ blank }> s_valid,
    output wire <{ blank }> s_ready,
    input  wire <{ data }> s_data,

    output wire <{ blank }> m_valid,
    input  wire <{ blank }> m_ready,
    output wire <{ data }> m_data
);

    // ---- Two halves of a memory: one is written while the other is read.
    reg  [1:0] full;
    reg  write_half;
    reg  read_half;
    reg  valid;

    wire write = s_valid && s_ready;
    wire load  = full[read_half] && (!valid || m_ready);
    wire fill;   // the half that is written becomes full
    wire drain;  // the half that is read becomes empty

    assign s_ready = !full[write_half];
    assign m_valid = valid;

    always @(posedge clk)
        if (rst) begin
            full       <= 2'd0;
            write_half <= 1'b0;
            read_half  <= 1'b0;
            valid      <= 1'b0;
        end else begin
            if (fill)  full[write_half] <= 1'b1;
            if (drain) full[read_half]  <= 1'b0;
            write_half <= write_half ^ fill;
            read_half  <= read_half ^ drain;
            valid      <= load || (valid && !m_ready);
        end

    // ---- Writer: through both halves.
    reg  [<{ address_bits - 1 }>:0] write_address;
    wire last_word = write_address == <{ address_bits }>'d<{ 2 * group - 1 }>;

    assign fill = write && (last_word || write_address == <{ address_bits }>'d<{ group - 1 }>);

    always @(posedge clk)
        if (rst)        write_address <= <{ address_bits }>'d0;
        else if (write) write_address <= last_word ? <{ address_bits }>'d0 : write_address + 1'b1;

    // ---- Reader: `word` is the beat of the group to be read next.
    wire [<{ word_bits - 1 }>:0] word;
<%- if order_len > 1 %>
    reg  [<{ order_bits - 1 }>:0] position;
    wire last = position == <{ order_bits }>'d<{ order_len - 1 }>;
    wire [<{ order_bits - 1 }>:0] next_position = rst || last ? <{ order_bits }>'d0 : position + 1'b1;

    assign drain = load && last;

    always @(posedge clk)
        if (rst || load) position <= next_position;

    <{ rom }> #(
        .WIDTH        (<{ word_bits }>),
        .DEPTH        (<{ order_len }>),
        .ADDRESS_BITS (<{ order_bits }>),
        .FILE         ("<{ path }>")
    ) order (
        .clk     (clk),
        .enable  (rst || load),
        .address (next_position),
        .data    (word)
    );
<%- else %>

    assign word  = <{ first }>;
    assign drain = load;
<%- endif %>

    <{ ram }> #(
        .WIDTH        (<{ width }>),
        .DEPTH        (<{ 2 * group }>),
        .ADDRESS_BITS (<{ address_bits }>)
    ) halves (
        .clk           (clk),
        .write         (write),
        .write_address (write_address),
        .write_data    (s_data),
        .read          (load),
        .read_address  (<{ read_address }>),
        .read_data     (m_data)
    );

endmodule

`default_nettype wire
