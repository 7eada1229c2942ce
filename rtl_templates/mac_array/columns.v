    // ---- Sums of COLUMNS columns a row. The first PIXELS are complete with this vector and leave; the others are columns of
    // the next vector, which begins with them.
    wire [<{ acc_lanes }>*ACC_BITS-1:0] result;
<%- if mac.overlap.taps > 1 %>
    wire [PE*(TAPS-1)*ACC_BITS-1:0] spilled;
    wire [PE*(TAPS-1)*ACC_BITS-1:0] carried;

    // What the same outputs left of the vector before, <{ mac.neuron_fold() }> pass<% if mac.neuron_fold() > 1 %>es<% endif %> ago.
    delay #(
        .WIDTH (PE * (TAPS - 1) * ACC_BITS),
        .DEPTH (<{ mac.neuron_fold() }>)
    ) kept (
        .clk  (clk),
        .step (enable && ends[<{ flow.stages }>]),
        .in   (spilled),
        .out  (carried)
    );
<%- if mac.synapse_fold() > 1 %>

    // The next beat in the last stage is the first of a pass.
    reg starts;

    always @(posedge clk)
        if (rst)                                    starts <= 1'b1;
        else if (enable && here[<{ flow.stages }>]) starts <= ends[<{ flow.stages }>];
<%- endif %>
<%- endif %>

    genvar field;
    generate
        for (row = 0; row < PE; row = row + 1) begin : rows
            for (field = 0; field < COLUMNS; field = field + 1) begin : columns
                wire [DOT_BITS-1:0] dot  = dots[(row*COLUMNS+field)*DOT_BITS +: DOT_BITS];
                wire [ACC_BITS-1:0] term = <{ term }>;
<%- if let Some(unused) = unused %>
                wire                unused = &{1'b0, <{ unused }>};  // sums wrap to the accumulator
<%- endif %>
                wire [ACC_BITS-1:0] prior;
                wire [ACC_BITS-1:0] total = prior + term;
<%- if mac.overlap.taps > 1 %>

                if (field < TAPS - 1) begin : continued
                    // Nothing stands before a row of the image.
                    wire [ACC_BITS-1:0] begun = leads[<{ flow.stages }>] ? {ACC_BITS{1'b0}} : carried[(row*(TAPS-1)+field)*ACC_BITS +: ACC_BITS];
<%- if mac.synapse_fold() > 1 %>
                    reg  [ACC_BITS-1:0] sum;

                    always @(posedge clk)
                        if (enable && here[<{ flow.stages }>]) sum <= total;

                    assign prior = starts ? begun : sum;
<%- else %>

                    assign prior = begun;
<%- endif %>
                end else begin : fresh
<%- else %>

                if (TAPS == 1) begin : fresh
<%- endif %>
<%- if mac.synapse_fold() > 1 %>
                    reg [ACC_BITS-1:0] sum;

                    always @(posedge clk)
                        if (rst || (enable && <{ ends }>[<{ flow.stages }>])) sum <= {ACC_BITS{1'b0}};
                        else if (enable && here[<{ flow.stages }>]) sum <= total;

                    assign prior = sum;
<%- else %>
                    assign prior = {ACC_BITS{1'b0}};
<%- endif %>
                end

<%- if mac.overlap.taps > 1 %>

                if (field < PIXELS) begin : complete
                    assign result[(field*PE+row)*ACC_BITS +: ACC_BITS] = total;
                end else begin : next
                    assign spilled[(row*(TAPS-1)+field-PIXELS)*ACC_BITS +: ACC_BITS] = total;
                end
<%- else %>

                assign result[(field*PE+row)*ACC_BITS +: ACC_BITS] = total;
<%- endif %>
            end
        end
    endgenerate
