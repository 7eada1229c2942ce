// stream_fork: copies a stream to WAYS consumers.
//
// Each output has its own two-deep buffer; a beat is taken when all of them have room, so that no consumer's
// ready reaches another's valid. Output i is bit i of m_valid and m_ready and lane i of m_data.

`default_nettype none

module stream_fork #(
    parameter WIDTH = 8,
    parameter WAYS  = 2
) (
    input  wire                  clk,
    input  wire                  rst,

    input  wire                  s_valid,
    output wire                  s_ready,
    input  wire [WIDTH-1:0]      s_data,

    output wire [WAYS-1:0]       m_valid,
    input  wire [WAYS-1:0]       m_ready,
    output wire [WAYS*WIDTH-1:0] m_data
);

    wire [WAYS-1:0] can_accept;

    assign s_ready = &can_accept;

    genvar i;
    generate
        for (i = 0; i < WAYS; i = i + 1) begin : way
            stream_skid #(
                .WIDTH (WIDTH)
            ) buffer (
                .clk     (clk),
                .rst     (rst),
                .s_valid (s_valid && s_ready),
                .s_ready (can_accept[i]),
                .s_data  (s_data),
                .m_valid (m_valid[i]),
                .m_ready (m_ready[i]),
                .m_data  (m_data[i*WIDTH +: WIDTH])
            );
        end
    endgenerate

endmodule

`default_nettype wire
