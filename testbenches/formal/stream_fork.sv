// claim: every way gets every beat once and in order, no deadlock, AXI4-Stream rules at every output
// check 14: WIDTH=2 WAYS=2
// check 12: WIDTH=2 WAYS=3
    (* anyconst *) wire [3:0] f_number;
    reg [7:0]       f_taken;
    reg [WIDTH-1:0] f_value;

    always @(posedge clk)
        if (rst) f_taken <= 8'd0;
        else if (s_valid && s_ready) begin
            f_taken <= f_taken + 1'b1;
            if (f_taken == {4'd0, f_number}) f_value <= s_data;
        end

    genvar f_i;
    generate
        for (f_i = 0; f_i < WAYS; f_i = f_i + 1) begin : f_way
            wire             valid = m_valid[f_i];
            wire             ready = m_ready[f_i];
            wire [WIDTH-1:0] data  = m_data[f_i*WIDTH +: WIDTH];
            reg  [7:0]       given;

            always @(posedge clk)
                if (rst) given <= 8'd0;
                else if (valid && ready) given <= given + 1'b1;

            always @(posedge clk)
                if (f_past) begin
                    if ($past(valid && !ready && !rst)) assert (valid && $stable(data));
                    if (valid) assert (given < f_taken);
                    if (valid && given == {4'd0, f_number}) assert (data == f_value);
                    assert (f_taken - given <= 8'd2);
                end
        end
    endgenerate

    always @(posedge clk) if (f_past) assert (s_ready || m_valid != 0);  // never a deadlock
