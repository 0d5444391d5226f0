using System.Collections.Immutable;

namespace Fabric.Messages;

/// <summary>An event that refers to texts by id; the texts are stored once, in the same commit.</summary>
public interface IInterningEvent : IEvent
{
    /// <summary>Id and text of what this event is the first to refer to; naming a known one again does no harm.</summary>
    ImmutableArray<(long Id, string Text)> Texts { get; }
}
