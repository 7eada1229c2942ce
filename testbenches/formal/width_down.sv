// claim: every slot leaves as its beat, padding does not, nothing is lost or doubled, no deadlock, AXI4-Stream rules
// check 18: OUT_WIDTH=2 RATIO=2 BEATS=4 LAST_RATIO=2 DEPTH=1
// check 18: OUT_WIDTH=2 RATIO=3 BEATS=2 LAST_RATIO=1 DEPTH=2
    localparam [4:0] F_IN    = BEATS;
    localparam [4:0] F_RATIO = RATIO;
    localparam [4:0] F_OUT   = (BEATS - 1) * RATIO + LAST_RATIO;  // output beats of a vector

    // Output beat number f_number: its input beat and slot.
    (* anyconst *) wire [3:0] f_number;
    reg [4:0]          f_taken;
    reg [4:0]          f_given;
    reg [IN_WIDTH-1:0] f_value;
    wire [4:0] f_at   = {1'b0, f_number};
    wire [4:0] f_beat = (f_at / F_OUT) * F_IN + (f_at % F_OUT) / F_RATIO;
    wire [4:0] f_slot = (f_at % F_OUT) % F_RATIO;
    wire [IN_WIDTH-1:0] f_shifted = f_value >> (f_slot * OUT_WIDTH);

    always @(posedge clk)
        if (rst) begin
            f_taken <= 5'd0;
            f_given <= 5'd0;
        end else begin
            if (s_valid && s_ready) f_taken <= f_taken + 1'b1;
            if (s_valid && s_ready && f_taken == f_beat) f_value <= s_data;
            if (m_valid && m_ready) f_given <= f_given + 1'b1;
        end

    always @(posedge clk)
        if (f_past) begin
            if ($past(!s_ready && !m_valid && !rst)) assert (s_ready || m_valid);  // never a deadlock
            if ($past(m_valid && !m_ready && !rst)) assert (m_valid && $stable(m_data));
            if (m_valid && f_given == f_at) begin
                assert (f_beat < f_taken);
                assert (m_data == f_shifted[OUT_WIDTH-1:0]);
            end
        end
