// stream_half: one-deep output buffer.
//
// Takes a beat at most every other cycle, for one register a bit: enough where beats come two cycles apart.
// s_ready depends on registers only.

`default_nettype none

module stream_half #(
    parameter WIDTH = 8
) (
    input  wire             clk,
    input  wire             rst,

    input  wire             s_valid,
    output wire             s_ready,
    input  wire [WIDTH-1:0] s_data,

    output wire             m_valid,
    input  wire             m_ready,
    output wire [WIDTH-1:0] m_data
);

    reg             full;
    reg [WIDTH-1:0] data;

    assign s_ready = !full;
    assign m_valid = full;
    assign m_data  = data;

    always @(posedge clk)
        if (rst) full <= 1'b0;
        else     full <= full ? !m_ready : s_valid;

    always @(posedge clk)
        if (!full) data <= s_data;

endmodule

`default_nettype wire
