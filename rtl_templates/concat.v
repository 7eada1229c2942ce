<{ header }>

`default_nettype none

module <{ module }> (
    input  wire <{ blank }> clk,
    input  wire <{ blank }> rst,
<% for operand in operands %>
    input  wire <{ blank }> s<{ loop.index0 }>_valid,
    output wire <{ blank }> s<{ loop.index0 }>_ready,
    input  wire <{ operand.data }> s<{ loop.index0 }>_data,
<% endfor %>
    output wire <{ blank }> m_valid,
    input  wire <{ blank }> m_ready,
    output wire <{ m_data }> m_data
);

    // ---- Flow: each operand in its turn.
    wire can_accept;
    wire push;
    wire step = push && can_accept;<{ walk }>
<% for operand in operands %>
    wire turn<{ loop.index0 }> = <{ operand.turn }>;
<%- endfor %>
<% for _ in operands %>
    assign s<{ loop.index0 }>_ready = turn<{ loop.index0 }> && can_accept;
<%- endfor %>

    assign push =
<%- for _ in operands %>
        <% if loop.first %>   <% else %>|| <% endif %>(turn<{ loop.index0 }> && s<{ loop.index0 }>_valid)<% if loop.last %>;<% endif %>
<%- endfor %>

    // ---- Data, in the width of the result.
    localparam BITS = <{ bits }>;

    wire [<{ width - 1 }>:0] data;

    genvar i;
    generate
        for (i = 0; i < <{ lanes }>; i = i + 1) begin : lane
<%- for operand in operands %>
            wire [<{ operand.bits - 1 }>:0] x<{ loop.index0 }> = s<{ loop.index0 }>_data[i*<{ operand.bits }> +: <{ operand.bits }>];
<%- endfor %>
<%- for operand in operands %>
            wire [BITS-1:0] wide<{ loop.index0 }> = <{ operand.wide }>;
<%- endfor %>

            assign data[i*BITS +: BITS] =
<%- for operand in operands %>
                <% if !loop.last %>turn<{ loop.index0 }> ? <% endif %>wide<{ loop.index0 }><% if loop.last %>;<% else %> :<% endif %>
<%- endfor %>
        end
    endgenerate

    stream_skid #(
        .WIDTH (<{ width }>)
    ) buffer (
        .clk     (clk),
        .rst     (rst),
        .s_valid (push),
        .s_ready (can_accept),
        .s_data  (data),
        .m_valid (m_valid),
        .m_ready (m_ready),
        .m_data  (m_data)
    );

endmodule

`default_nettype wire
