    // What stored weights are too high is the same for all rows, for each column the sum of the pixels that fall on it.
<%- if p.packing.offset %>
    wire [PIXELS*<{ p.total_bits }>-1:0] x_totals;
    wire [COLUMNS*<{ p.excess_bits }>-1:0] excess;

    genvar at, part;
    generate
        for (at = 0; at < PIXELS; at = at + 1) begin : totals
            adder_tree #(
                .TERMS     (<{ mac.slices() }>),
                .IN        (<{ mac.x.bits }>),
                .OUT       (<{ p.total_bits }>),
                .SIGNED    (<{ p.x_signed }>),
                .LEVEL     (0),
                .LAST      (<{ p.excess_levels }>),
                .PER_STAGE (<{ mac.per_stage }>)
            ) x_sum (
                .clk    (clk),
                .enable (enable),
                .terms  (<{ x }>[at*X_BITS/PIXELS +: X_BITS/PIXELS]),
                .sum    (x_totals[at*<{ p.total_bits }> +: <{ p.total_bits }>])
            );
        end

        for (at = 0; at < COLUMNS; at = at + 1) begin : excesses
            wire [<{ mac.overlap.most() }>*<{ p.total_bits }>-1:0] falling;
            wire [<{ p.excess_bits - 1 }>:0] x_total;

            for (part = 0; part < <{ mac.overlap.most() }>; part = part + 1) begin : parts
                localparam PIXEL = (at < TAPS ? 0 : at - TAPS + 1) + part;

                if (PIXEL <= at && PIXEL < PIXELS) begin : falls
                    assign falling[part*<{ p.total_bits }> +: <{ p.total_bits }>] = x_totals[PIXEL*<{ p.total_bits }> +: <{ p.total_bits }>];
                end else begin : none
                    assign falling[part*<{ p.total_bits }> +: <{ p.total_bits }>] = <{ p.total_bits }>'d0;
                end
            end

            adder_tree #(
                .TERMS     (<{ mac.overlap.most() }>),
                .IN        (<{ p.total_bits }>),
                .OUT       (<{ p.excess_bits }>),
                .SIGNED    (<{ p.x_signed }>),
                .LEVEL     (<{ p.total_levels }>),
                .LAST      (<{ p.excess_levels }>),
                .PER_STAGE (<{ mac.per_stage }>)
            ) x_sum (
                .clk    (clk),
                .enable (enable),
                .terms  (falling),
                .sum    (x_total)
            );
<%- if p.excess_wait > 0 %>

            delay #(
                .WIDTH (<{ p.excess_bits }>),
                .DEPTH (<{ p.excess_wait }>)
            ) x_wait (
                .clk  (clk),
                .step (enable),
                .in   (x_total),
                .out  (excess[at*<{ p.excess_bits }> +: <{ p.excess_bits }>])
            );
<%- else %>

            assign excess[at*<{ p.excess_bits }> +: <{ p.excess_bits }>] = x_total;
<%- endif %>
        end
    endgenerate
<%- else %>
    wire [COLUMNS*<{ p.excess_bits }>-1:0] excess = {(COLUMNS*<{ p.excess_bits }>){1'b0}};
<%- endif %>
