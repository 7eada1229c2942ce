    <{ flow.buffer }> #(
        .WIDTH (<{ flow.width }>)
    ) buffer (
        .clk     (clk),
        .rst     (rst),
        .s_valid (<{ flow.push() }>),
        .s_ready (can_accept),
        .s_data  (result),
        .m_valid (m_valid),
        .m_ready (m_ready),
        .m_data  (m_data)
    );
