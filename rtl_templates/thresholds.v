<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> rst,

    input  wire <{ blank }> s_valid,
    output wire <{ blank }> s_ready,
    input  wire <{ s_data }> s_data,

    output wire <{ blank }> m_valid,
    input  wire <{ blank }> m_ready,
    output wire <{ m_data }> m_data
);

<% include "parts/flow.v" %>
<%- if table_beats > 1 && flow.stages > 0 %>

    // The beat goes along with its values.
<%- for stage in stages %>
    reg [<{ flow.beat_bits - 1 }>:0] beat<{ stage }>;
<%- endfor %>

    always @(posedge clk)
        if (enable) begin
<%- for stage in stages %>
            beat<{ stage }> <= beat<% if *stage > 1 %><{ stage - 1 }><% endif %>;
<%- endfor %>
        end
<%- endif %>

    // ---- Lanes: how many thresholds each value has reached.
<%- for lane in lanes %>
    wire [<{ steps - 1 }>:0] count_<{ loop.index0 }>;
<%- endfor %>
<%- for lane in lanes %>

    <{ module }>_lane #(
<%- for (name, value) in lane.parameters %>
        .<{ name }> (<{ value }>)<% if !loop.last %>,<% endif %>
<%- endfor %>
    ) lane_<{ loop.index0 }> (
<%- if flow.stages > 0 %>
        .clk     (clk),
        .enable  (enable),
<%- endif %>
        .s_value (s_data[<{ loop.index0 * in_bits + in_bits - 1 }>:<{ loop.index0 * in_bits }>]),
<%- if table_beats > 1 %>
        .beat0   (beat),
<%- for stage in stages %>
        .beat<{ stage }>   (beat<{ stage }>),
<%- endfor %>
<%- endif %>
        .count   (count_<{ loop.index0 }>)
    );
<%- endfor %>

    // ---- Codes.
    wire [<{ flow.width - 1 }>:0] result;
<%- for lane in lanes %>
<%- if lane.is_padding %>
    assign result[<{ loop.index0 * out_bits + out_bits - 1 }>:<{ loop.index0 * out_bits }>] = <{ flow.last_at_end() }> ? <{ out_bits }>'d0 : <{ lane.code }>;
<%- else %>
    assign result[<{ loop.index0 * out_bits + out_bits - 1 }>:<{ loop.index0 * out_bits }>] = <{ lane.code }>;
<%- endif %>
<%- endfor %>

<% include "parts/output.v" %>

endmodule

`default_nettype wire
