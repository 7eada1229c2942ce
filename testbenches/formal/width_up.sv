// claim: every element arrives in its slot, padding is zero, nothing is lost or doubled, no deadlock, AXI4-Stream rules
// check 18: IN_WIDTH=2 RATIO=2 BEATS=4 DEPTH=1
// check 18: IN_WIDTH=2 RATIO=3 BEATS=5 DEPTH=2
// check 18: IN_WIDTH=2 RATIO=4 BEATS=2 DEPTH=2
    localparam [4:0] F_IN    = BEATS;
    localparam [4:0] F_RATIO = RATIO;
    localparam [4:0] F_OUT   = (BEATS + RATIO - 1) / RATIO;

    // Input beat number f_number: its output beat and slot.
    (* anyconst *) wire [3:0] f_number;
    reg [4:0]          f_taken;
    reg [4:0]          f_given;
    reg [IN_WIDTH-1:0] f_value;
    wire [4:0] f_at    = {1'b0, f_number};
    wire [4:0] f_beat  = (f_at / F_IN) * F_OUT + (f_at % F_IN) / F_RATIO;
    wire [4:0] f_slot  = (f_at % F_IN) % F_RATIO;
    wire [4:0] f_place = f_given % F_OUT + 5'd1;
    wire [4:0] f_whole = (f_given / F_OUT) * F_IN + (f_place == F_OUT ? F_IN : f_place * F_RATIO);
    wire [RATIO*IN_WIDTH-1:0] f_shifted = m_data >> (f_slot * IN_WIDTH);

    always @(posedge clk)
        if (rst) begin
            f_taken <= 5'd0;
            f_given <= 5'd0;
        end else begin
            if (take) f_taken <= f_taken + 1'b1;
            if (take && f_taken == f_at) f_value <= s_data;
            if (m_valid && m_ready) f_given <= f_given + 1'b1;
        end

    integer f_i;

    always @(posedge clk)
        if (f_past) begin
            assert (s_ready || m_valid);  // never a deadlock
            if ($past(m_valid && !m_ready && !rst)) assert (m_valid && $stable(m_data));
            if (m_valid) assert (f_whole <= f_taken);
            if (m_valid && f_given == f_beat) assert (f_shifted[IN_WIDTH-1:0] == f_value);
            if (m_valid && f_place == F_OUT)
                for (f_i = BEATS - ((BEATS + RATIO - 1) / RATIO - 1) * RATIO; f_i < RATIO; f_i = f_i + 1)
                    assert (m_data[f_i*IN_WIDTH +: IN_WIDTH] == 0);
        end
