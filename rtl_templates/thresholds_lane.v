<{ header }>

`default_nettype none

`ifdef YOSYS
(* keep_hierarchy *)  // its tables map to fewer LUTs when they are mapped alone
`endif
module <{ module }> #(
<%- for step in steps %>
<%- if step.in_file %>
    parameter FILE<{ loop.index0 }> = "",  // thresholds of step <{ loop.index0 }>
<%- else %>
    parameter <{ step.range }> STEP<{ loop.index0 }> = <{ step.entries * bits }>'d0,<% if loop.first %>  // a threshold a beat<% endif %>
<%- endif %>
<%- endfor %>
    parameter <{ falls_range }> FALLS = <{ beats }>'d0  // a bit a beat: the function falls, compare the complement
) (
<%- if stages > 0 %>
    input  wire <{ blank }> clk,
    input  wire <{ blank }> enable,
<%- endif %>
    input  wire <{ s_range }> s_value,
<%- if beats > 1 %>
<%- for stage in 0..=stages %>
    input  wire <{ beat_range }> beat<{ stage }>,  // behind <{ stage }> registers
<%- endfor %>
<%- endif %>
    output wire <{ count_range }> count
);

    wire <{ sign }>[<{ bits - 1 }>:0] wide = <{ cast }><{ wide }><{ end }>;
<%- if let Some(unused) = unused %>
    wire unused = &{1'b0, <{ unused }>};  // no value needs them
<%- endif %>
    wire falls = FALLS[<% if beats > 1 %>beat0<% else %>0<% endif %>];
    wire <{ sign }>[<{ bits - 1 }>:0] value0 = falls ? ~wide : wide;
<%- for step in steps %>

    // ---- Step <{ loop.index0 }>: bit <{ steps.len() - 1 - loop.index0 }> of the count.
<%- if loop.index0 > 0 && !step.registered %>
    wire <{ sign }>[<{ bits - 1 }>:0] value<{ loop.index0 }> = value<{ loop.index0 - 1 }>;
    wire [<{ loop.index0 - 1 }>:0] count<{ loop.index0 }> = <{ step.count }>;
<% else if loop.index0 > 0 %>
    reg <{ sign }>[<{ bits - 1 }>:0] value<{ loop.index0 }>;
    reg [<{ loop.index0 - 1 }>:0] count<{ loop.index0 }>;

    always @(posedge clk)
        if (enable) begin
            value<{ loop.index0 }> <= value<{ loop.index0 - 1 }>;
            count<{ loop.index0 }> <= <{ step.count }>;
        end
<% endif %>
<%- if step.in_file %>
    reg <{ sign }>[<{ bits - 1 }>:0] table<{ loop.index0 }> [0:<{ step.entries - 1 }>];
    generate
        if (FILE<{ loop.index0 }> != "") begin : image<{ loop.index0 }>
            initial $readmemh(FILE<{ loop.index0 }>, table<{ loop.index0 }>);
        end
    endgenerate
    wire <{ sign }>[<{ bits - 1 }>:0] threshold<{ loop.index0 }> = table<{ loop.index0 }>[<{ step.index }>];
<%- else if step.entries > 1 %>
    wire <{ sign }>[<{ bits - 1 }>:0] threshold<{ loop.index0 }> = <{ cast }>STEP<{ loop.index0 }>[<{ step.index }>*<{ bits }> +: <{ bits }>]<{ end }>;
<%- else %>
    wire <{ sign }>[<{ bits - 1 }>:0] threshold<{ loop.index0 }> = <{ cast }>STEP<{ loop.index0 }><{ end }>;
<%- endif %>
    wire reached<{ loop.index0 }> = value<{ loop.index0 }> >= threshold<{ loop.index0 }>;
<%- endfor %>

    assign count = <{ output }>;

endmodule

`default_nettype wire
