// claim: the ring never over- or underflows, counters stay in range, AXI4-Stream rules, from any state once reset
// prove 3: WIDTH=2 BEATS=3 REPEATS=2 CAPACITY=6
// prove 3: WIDTH=2 BEATS=3 REPEATS=3 CAPACITY=3
// prove 3: WIDTH=2 BEATS=1 REPEATS=4 CAPACITY=2
// check 22: WIDTH=2 BEATS=2 REPEATS=2 CAPACITY=2
    // Of the vector being sent, beats that were read in this pass and are to be read again.
    wire [31:0] f_beat    = {{(32-BEAT_BITS){1'b0}}, beat};
    wire [31:0] f_kept    = last_pass ? 32'd0 : f_beat;
    wire [31:0] f_ahead   = {{(32-COUNT_BITS){1'b0}}, ahead};
    wire [31:0] f_read    = {{(32-ADDRESS_BITS){1'b0}}, read_address};
    wire [31:0] f_vector  = {{(32-ADDRESS_BITS){1'b0}}, vector_address};
    wire [31:0] f_end     = f_read + f_ahead;
    wire [31:0] f_reached = f_vector + f_beat;

    always @(posedge clk)
        if (f_past) begin
            assert (f_beat < BEATS);
            assert ({{(32-PASS_BITS){1'b0}}, pass} < REPEATS);
            assert ({{(32-COUNT_BITS){1'b0}}, stored} <= CAPACITY);
            assert ({{(32-COUNT_BITS){1'b0}}, stored} == f_ahead + f_kept);
            assert (f_read < CAPACITY && f_vector < CAPACITY);
            assert (f_read == (f_reached >= CAPACITY ? f_reached - CAPACITY : f_reached));
            assert ({{(32-ADDRESS_BITS){1'b0}}, write_address} == (f_end >= CAPACITY ? f_end - CAPACITY : f_end));
            if ($past(m_valid && !m_ready && !rst)) assert (m_valid && $stable(m_data));
        end

    // Beat number f_number of all that came is what leaves at its places: REPEATS times, a vector apart.
    (* anyconst *) wire [3:0] f_number;
    localparam [4:0] F_BEATS = BEATS;
    localparam [4:0] F_SENT  = BEATS * REPEATS;
    reg [4:0]       f_taken;
    reg [4:0]       f_given;
    reg [WIDTH-1:0] f_value;
    wire [4:0]      f_of = (f_given / F_SENT) * F_BEATS + f_given % F_BEATS;

    always @(posedge clk)
        if (rst) begin
            f_taken <= 5'd0;
            f_given <= 5'd0;
        end else begin
            if (write) f_taken <= f_taken + 1'b1;
            if (write && f_taken == {1'b0, f_number}) f_value <= s_data;
            if (m_valid && m_ready) f_given <= f_given + 1'b1;
        end
`ifdef BOUNDED
    always @(posedge clk)
        if (f_past && m_valid) begin
            assert (f_of < f_taken);
            if (f_of == {1'b0, f_number}) assert (m_data == f_value);
        end
`endif
