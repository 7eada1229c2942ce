    wire [<{ bits - 1 }>:0] <{ name }> =
<%- for case in cases %>
        <{ case.condition }> ? <{ case.value }> :  // <{ case.comment }>
<%- endfor %>
        <{ default.value }>;  // <{ default.comment }>
