<{ header }>

`default_nettype none

module <{ name }> (
    input  wire <{ blank }> aclk,
    input  wire <{ blank }> aresetn,
<%- for port in inputs %>

    // <{ port.comment }>
    input  wire <{ blank }> <{ port.prefix }>_tvalid,
    output wire <{ blank }> <{ port.prefix }>_tready,
    input  wire <{ port.range }> <{ port.prefix }>_tdata,
    input  wire <{ blank }> <{ port.prefix }>_tlast,
<%- endfor %>
<%- for port in outputs %>

    // <{ port.comment }>
    output wire <{ blank }> <{ port.prefix }>_tvalid,
    input  wire <{ blank }> <{ port.prefix }>_tready,
    output wire <{ port.range }> <{ port.prefix }>_tdata,
    output wire <{ blank }> <{ port.prefix }>_tlast,
<%- endfor %>

    output wire <{ blank }> tlast_error  // sticky: an input's tlast was not at the end of a frame
);

    wire clk = aclk;
    wire rst = !aresetn;
<%- for net in nets %>

    // <{ net.comment }>
    wire <{ net.blank }> <{ net.name }>_valid;
    wire <{ net.blank }> <{ net.name }>_ready;
    wire <{ net.range }> <{ net.name }>_data;
<%- endfor %>
<% for error in errors %>
    wire <{ error }>;
<%- endfor %>
    assign tlast_error = <% for error in errors %><{ error }><% if !loop.last %> || <% endif %><% endfor %>;
<%- for block in blocks %>

    <{ block.module }>
<%- if !block.parameters.is_empty() %> #(
<%- for (name, value) in block.parameters %>
        .<{ name }> (<{ value }>)<% if !loop.last %>,<% endif %>
<%- endfor %>
    )
<%- endif %> <{ block.name }> (
<%- for (port, wire) in block.ports %>
        .<{ port }> (<{ wire }>)<% if !loop.last %>,<% endif %>
<%- endfor %>
    );
<%- endfor %>

endmodule

`default_nettype wire
