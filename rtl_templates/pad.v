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

    wire can_accept;
    wire arrives;  // the next pixel to send is one that arrives
    wire push = s_valid || !arrives;

    assign s_ready = arrives && can_accept;
<%- if walk.registers().next().is_some() %>

    // ---- Position in the padded image.
    wire step = push && can_accept;<{ walk }>

    assign arrives = <{ arrives }>;
<%- else %>

    assign arrives = 1'b1;
<%- endif %>

    stream_skid #(
        .WIDTH (<{ width }>)
    ) buffer (
        .clk     (clk),
        .rst     (rst),
        .s_valid (push),
        .s_ready (can_accept),
        .s_data  (arrives ? s_data : <{ code }>),
        .m_valid (m_valid),
        .m_ready (m_ready),
        .m_data  (m_data)
    );

endmodule

`default_nettype wire
