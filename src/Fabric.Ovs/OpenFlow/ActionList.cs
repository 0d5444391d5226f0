using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;

namespace Fabric.Ovs.OpenFlow;

/// <summary>An immutable sequence of actions, compared by content; empty means drop.</summary>
[CollectionBuilder(typeof(ActionList), nameof(Create))]
public sealed class ActionList : IReadOnlyList<FlowAction>, IEquatable<ActionList>
{
    private readonly ImmutableArray<FlowAction> _actions;
    private int _hash;

    private ActionList(ImmutableArray<FlowAction> actions) => _actions = actions;

    /// <summary>Drops the packet.</summary>
    public static ActionList Drop { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _actions.Length;

    /// <inheritdoc/>
    public FlowAction this[int index] => _actions[index];

    /// <summary>Makes a list; also what a collection expression calls.</summary>
    /// <exception cref="ArgumentException">Something follows goto_table, which always comes last.</exception>
    public static ActionList Create(ReadOnlySpan<FlowAction> actions)
    {
        for (var i = 0; i < actions.Length - 1; i++)
        {
            if (actions[i] is GotoTableAction) throw new ArgumentException("goto_table comes last", nameof(actions));
        }

        return actions.IsEmpty ? Drop : new ActionList([.. actions]);
    }

    /// <inheritdoc cref="IEnumerable{T}.GetEnumerator"/>
    public ImmutableArray<FlowAction>.Enumerator GetEnumerator() => _actions.GetEnumerator();

    IEnumerator<FlowAction> IEnumerable<FlowAction>.GetEnumerator() =>
        ((IEnumerable<FlowAction>)_actions).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)_actions).GetEnumerator();

    /// <summary>The text of ovs-ofctl after "actions=".</summary>
    public override string ToString()
    {
        var s = new StringBuilder();
        AppendTo(s, 0);
        return s.ToString();
    }

    /// <inheritdoc/>
    public bool Equals(ActionList? other) =>
        ReferenceEquals(this, other) || (other is not null && _actions.AsSpan().SequenceEqual(other._actions.AsSpan()));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ActionList);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        if (_hash != 0) return _hash;
        var hash = new HashCode();
        foreach (var action in _actions) hash.Add(action);
        var code = hash.ToHashCode();
        return _hash = code == 0 ? 1 : code;
    }

    internal void AppendTo(StringBuilder s, int skip)
    {
        if (Count == 0) s.Append("drop");
        for (var i = skip; i < Count; i++)
        {
            if (i > skip) s.Append(',');
            _actions[i].AppendTo(s);
        }
    }
}
