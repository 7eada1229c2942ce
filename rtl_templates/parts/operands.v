<%- if operand_stages > 1 %>

    // ---- Stages 1 and 2: operands. Words take long to come out of block memory: they are registered once more.
    reg  <{ operands[0] }> x0;
    reg  <{ operands[0] }> x1;
    wire <{ operands[1] }> w0;
    reg  <{ operands[1] }> w1;

    always @(posedge clk)
        if (enable) begin
            x0 <= s_data;
            x1 <= x0;
            w1 <= w0;
        end
<%- else %>

    // ---- Stage 1: operands.
    reg  <{ operands[0] }> x1;
    wire <{ operands[1] }> w1;

    always @(posedge clk)
        if (enable) x1 <= s_data;
<%- endif %>
