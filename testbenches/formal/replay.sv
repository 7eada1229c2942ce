// claim: the ring never over- or underflows, each beat leaves at its places, no deadlock, AXI4-Stream rules, from any state once reset
// prove 3: WIDTH=2 BEATS=3 REPEATS=2 CAPACITY=6
// prove 3: WIDTH=2 BEATS=3 REPEATS=3 CAPACITY=3
// prove 3: WIDTH=2 BEATS=1 REPEATS=4 CAPACITY=2
// prove 3: WIDTH=2 BEATS=2 REPEATS=2 CAPACITY=2
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
            assert (s_ready || m_valid || ahead != 0);  // something moves now, or in the next cycle
            if ($past(m_valid && !m_ready && !rst)) assert (m_valid && $stable(m_data));
        end

    // A beat of f_value that chance picks: f_distance beats behind the first of the vector being sent. It is loaded wherever
    // that beat of a pass is, until the vector has been sent REPEATS times.
    (* anyconst *) wire [WIDTH-1:0] f_marked;
    (* anyseq *)   wire             f_pick;
    reg                    f_inside;
    reg [31:0]             f_distance;
    reg [ADDRESS_BITS-1:0] f_address;
    reg                    f_loaded;  // what leaves is the marked beat
    wire                   f_start = write && f_pick && !f_inside && s_data == f_marked;
    wire                   f_done  = free && last_beat;
    wire                   f_freed = last_pass && f_distance < f_beat;
    wire [31:0]            f_place = last_pass ? f_read + f_distance - f_beat : f_vector + f_distance;  // as if the ring had no end

    wire [31:0]            f_around = f_place >= CAPACITY ? f_place - CAPACITY : f_place;

    always @(posedge clk)
        if (rst) f_inside <= 1'b0;
        else if (f_start) begin
            f_inside   <= 1'b1;
            f_distance <= f_ahead + f_beat - (f_done ? BEATS : 0);
            f_address  <= write_address;
        end else if (f_inside && f_done) begin
            f_inside   <= f_distance >= BEATS;
            f_distance <= f_distance - BEATS;
        end

    always @(posedge clk)
        if (rst)       f_loaded <= 1'b0;
        else if (load) f_loaded <= f_inside && f_distance == f_beat;

    // Passes of a vector, counted apart from the module's own.
    reg [31:0] f_loads;

    always @(posedge clk)
        if (rst)       f_loads <= 32'd0;
        else if (load) f_loads <= f_loads == BEATS * REPEATS - 1 ? 32'd0 : f_loads + 1'b1;

    always @(posedge clk)
        if (f_past) begin
            assert (f_loads == {{(32-PASS_BITS){1'b0}}, pass} * BEATS + f_beat);
            if (f_inside) begin
                assert (f_distance < f_ahead + f_beat);
                if (!f_freed) assert (memory[f_address] == f_marked);
                if (!f_freed)
                    assert ({{(32-ADDRESS_BITS){1'b0}}, f_address} == f_around);
            end
            if (f_loaded) assert (data == f_marked);
        end
