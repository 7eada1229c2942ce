// claim: never over- or underflows, no beat lost, doubled or overtaken, no deadlock, AXI4-Stream rules, from any state once reset
// prove 3: WIDTH=3 DEPTH=2
// prove 3: WIDTH=3 DEPTH=5
// prove 3: WIDTH=2 DEPTH=16
    (* anyconst *) wire [WIDTH-1:0] f_value;
    (* anyseq *)   wire             f_pick;
    reg                    f_inside;
    reg [COUNT_BITS-1:0]   f_before;   // beats before the picked one
    reg [ADDRESS_BITS-1:0] f_address;
    wire                   f_start = push && f_pick && !f_inside && s_data == f_value;

    always @(posedge clk)
        if (rst) f_inside <= 1'b0;
        else if (f_start) begin
            f_inside  <= 1'b1;
            f_before  <= count - {{(COUNT_BITS-1){1'b0}}, pop};
            f_address <= write_address;
        end else if (f_inside && pop) begin
            f_inside <= f_before != 0;
            f_before <= f_before - 1'b1;
        end

    // Places in the ring, as if it had no end.
    wire [31:0] f_read  = {{(32-ADDRESS_BITS){1'b0}}, read_address};
    wire [31:0] f_end   = f_read + {{(32-COUNT_BITS){1'b0}}, count};
    wire [31:0] f_place = f_read + {{(32-COUNT_BITS){1'b0}}, f_before};

    always @(posedge clk)
        if (f_past) begin
            assert (count <= CAPACITY[COUNT_BITS-1:0]);
            assert (f_read < DEPTH);
            assert ({{(32-ADDRESS_BITS){1'b0}}, write_address} == (f_end >= DEPTH ? f_end - DEPTH : f_end));
            if (count == 0) assert (!m_valid);
            if (count == CAPACITY[COUNT_BITS-1:0]) assert (!s_ready);
            if (f_inside) begin
                assert (f_before < count);
                assert ({{(32-ADDRESS_BITS){1'b0}}, f_address} == (f_place >= DEPTH ? f_place - DEPTH : f_place));
                assert (memory[f_address] == f_value);
                if (f_before == 0) assert (m_valid && m_data == f_value);
            end
            assert (s_ready || m_valid);  // never a deadlock
            if ($past(m_valid && !m_ready && !rst)) assert (m_valid && $stable(m_data));
        end
