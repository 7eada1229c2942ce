<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> rst,

    input  wire <{ blank }> s_valid,
    output wire <{ blank }> s_ready,
    input  wire <{ s_data }> s_data,

    output wire <{ blank }> m_axis_tvalid,
    input  wire <{ blank }> m_axis_tready,
    output wire <{ tdata }> m_axis_tdata,
    output wire <{ blank }> m_axis_tlast
);
<%- if tdata_bits > width %>

    // tdata goes in whole bytes.
    assign m_axis_tdata[<{ tdata_bits - 1 }>:<{ width }>] = <{ tdata_bits - width }>'d0;
<%- endif %>
<%- if beats > 1 %>

    // tlast marks the last beat of a frame.
    reg [<{ bits - 1 }>:0] beat;

    assign m_axis_tlast = beat == <{ bits }>'d<{ beats - 1 }>;

    always @(posedge clk)
        if (rst)                                 beat <= <{ bits }>'d0;
        else if (m_axis_tvalid && m_axis_tready) beat <= m_axis_tlast ? <{ bits }>'d0 : beat + 1'b1;
<%- else %>

    // A frame is a single beat.
    assign m_axis_tlast = 1'b1;
<%- endif %>

    stream_skid #(
        .WIDTH (<{ width }>)
    ) buffer (
        .clk     (clk),
        .rst     (rst),
        .s_valid (s_valid),
        .s_ready (s_ready),
        .s_data  (s_data),
        .m_valid (m_axis_tvalid),
        .m_ready (m_axis_tready),
        .m_data  (m_axis_tdata[<{ width - 1 }>:0])
    );

endmodule

`default_nettype wire
