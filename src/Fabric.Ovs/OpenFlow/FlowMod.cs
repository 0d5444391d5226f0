namespace Fabric.Ovs.OpenFlow;

/// <summary>One change to the flow tables.</summary>
/// <param name="Command">What to do.</param>
/// <param name="Flow">The flow, or for deletions the key and cookie in the form of a flow.</param>
/// <param name="CookieMask">For changes other than Add: cookie bits that must equal the flow's; 0 for none.</param>
public sealed record FlowMod(FlowModCommand Command, Flow Flow, ulong CookieMask = 0)
{
    /// <summary>OFPTT_ALL: every table, for <see cref="Delete"/>.</summary>
    public const byte AllTables = 255;

    /// <summary>Adds a flow, replacing one with the same key.</summary>
    public static FlowMod Add(Flow flow) => new(FlowModCommand.Add, flow);

    /// <summary>Changes the actions of the flow with this key, if it exists; its cookie and counters stay.</summary>
    public static FlowMod ModifyStrict(Flow flow) => new(FlowModCommand.ModifyStrict, flow);

    /// <summary>Deletes the flow with exactly this key, if it exists.</summary>
    public static FlowMod DeleteStrict(FlowKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return new FlowMod(
            FlowModCommand.DeleteStrict, new Flow { Table = key.Table, Priority = key.Priority, Match = key.Match });
    }

    /// <summary>Deletes every flow that is at least as specific as the match and has the cookie bits.</summary>
    public static FlowMod Delete(byte table = AllTables, Match? match = null, ulong cookie = 0, ulong cookieMask = 0) =>
        new(FlowModCommand.Delete, new Flow { Table = table, Match = match ?? Match.Any, Cookie = cookie }, cookieMask);

    /// <summary>The command and the flow, for messages.</summary>
    public override string ToString() => Command switch
    {
        FlowModCommand.Add => $"add {Flow}",
        FlowModCommand.ModifyStrict => $"modify_strict {Flow}",
        FlowModCommand.DeleteStrict => $"delete_strict {Flow.Key}",
        _ => $"delete {(Flow.Table == AllTables ? "all tables" : $"table={Flow.Table}")} {Flow.Match} " +
            $"cookie=0x{Flow.Cookie:x}/0x{CookieMask:x}",
    };
}
