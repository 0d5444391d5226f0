using System.Collections.Immutable;

namespace Fabric.Ovs.Ovsdb;

/// <summary>One operation of a transaction (RFC 7047, section 5.2). Compare operations by their text.</summary>
public abstract record OvsdbOperation
{
    private OvsdbOperation()
    {
    }

    /// <summary>The JSON of RFC 7047 section 5.2.</summary>
    public sealed override string ToString() => OvsdbJson.ToText(writer => OvsdbJson.WriteOperation(writer, this));

    /// <summary>
    /// Inserts a row; other operations of the transaction may refer to it by <paramref name="UuidName"/>. Columns left
    /// out get their defaults. A row of a table that is no root vanishes silently at commit unless something refers to
    /// it.
    /// </summary>
    public sealed record Insert(string Table, OvsdbRow Row, string? UuidName = null) : OvsdbOperation;

    /// <summary>Reads rows as the operations before it left them; null columns mean all of them.</summary>
    public sealed record Select(
        string Table, ImmutableArray<OvsdbCondition> Where, ImmutableArray<string>? Columns = null) : OvsdbOperation;

    /// <summary>Replaces columns of the rows that match. That none matches is a success with count 0.</summary>
    public sealed record Update(
        string Table, ImmutableArray<OvsdbCondition> Where, OvsdbRow Row) : OvsdbOperation;

    /// <summary>Changes columns in place in the rows that match. That none matches is a success with count 0.</summary>
    public sealed record Mutate(
        string Table,
        ImmutableArray<OvsdbCondition> Where,
        ImmutableArray<OvsdbMutation> Mutations) : OvsdbOperation;

    /// <summary>Deletes the rows that match.</summary>
    public sealed record Delete(string Table, ImmutableArray<OvsdbCondition> Where) : OvsdbOperation;

    /// <summary>
    /// Lets the transaction go on once the rows that match are (<paramref name="UntilEqual"/>), or are not, exactly
    /// <paramref name="Rows"/> in the given columns; fails with <see cref="OvsdbErrorCode.TimedOut"/> after
    /// <paramref name="Timeout"/>. Zero makes it an assertion. Without a timeout it waits for ever, and the request
    /// timeout of the client ends it.
    /// </summary>
    public sealed record Wait(
        string Table,
        ImmutableArray<OvsdbCondition> Where,
        ImmutableArray<string> Columns,
        bool UntilEqual,
        ImmutableArray<OvsdbRow> Rows,
        TimeSpan? Timeout = null) : OvsdbOperation;

    /// <summary>Makes the commit reach the disk before the reply does, when <paramref name="Durable"/>.</summary>
    public sealed record Commit(bool Durable) : OvsdbOperation;

    /// <summary>Fails the transaction with <see cref="OvsdbErrorCode.Aborted"/>.</summary>
    public sealed record Abort : OvsdbOperation;

    /// <summary>Text that the server writes into its log beside the transaction.</summary>
    public sealed record Comment(string Text) : OvsdbOperation;

    /// <summary>Fails with <see cref="OvsdbErrorCode.NotOwner"/> unless this client holds the lock.</summary>
    public sealed record Assert(string Lock) : OvsdbOperation;
}
