// stream_skid: two-deep output buffer.
//
// Takes and gives a beat in every cycle. `data` faces the consumer; `spill` catches the beat that arrives in
// the cycle in which the consumer stalls, so that s_ready depends on registers only.

`default_nettype none

module stream_skid #(
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
    reg             spilled;
    reg [WIDTH-1:0] data;
    reg [WIDTH-1:0] spill;

    wire free = !full || m_ready;  // `data` can be loaded

    assign s_ready = !spilled;
    assign m_valid = full;
    assign m_data  = data;

    always @(posedge clk)
        if (rst) begin
            full    <= 1'b0;
            spilled <= 1'b0;
        end else if (free) begin
            full    <= spilled || s_valid;
            spilled <= 1'b0;
        end else begin
            spilled <= spilled || s_valid;
        end

    always @(posedge clk)
        if (free) data <= spilled ? spill : s_data;

    always @(posedge clk)
        if (!spilled) spill <= s_data;

endmodule

`default_nettype wire
