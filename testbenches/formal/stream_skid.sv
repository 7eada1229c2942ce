// claim: no deadlock, AXI4-Stream rules at the output, no beat lost, doubled or overtaken, from any state once reset
// prove 3: WIDTH=1
// prove 3: WIDTH=4
    // A beat of a value that nobody knows is picked; the places before it are counted.
    (* anyconst *) wire [WIDTH-1:0] f_value;
    (* anyseq *)   wire             f_pick;
    reg             f_inside;
    reg             f_second;
    wire            f_take  = s_valid && s_ready;
    wire            f_give  = m_valid && m_ready;
    wire            f_start = f_take && f_pick && !f_inside && s_data == f_value;

    always @(posedge clk)
        if (rst) f_inside <= 1'b0;
        else if (f_start) begin
            f_inside <= 1'b1;
            f_second <= full && !m_ready;
        end else if (f_inside && f_give) begin
            f_inside <= f_second;
            f_second <= 1'b0;
        end

    always @(posedge clk)
        if (f_past) begin
            assert (full || !spilled);
            if (f_inside && !f_second) assert (full && data == f_value);
            if (f_inside && f_second) assert (full && spilled && spill == f_value);
            assert (s_ready || m_valid);  // never a deadlock
            if ($past(m_valid && !m_ready && !rst)) assert (m_valid && $stable(m_data));
            if (!full) assert (s_ready);
        end
