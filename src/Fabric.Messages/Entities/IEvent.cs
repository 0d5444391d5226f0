namespace Fabric.Messages;

/// <summary>Something that has happened. Type names map to manifests and property names are the storage format.</summary>
public interface IEvent
{
    /// <summary>What happened, as one short English clause for <c>fabric events</c>.</summary>
    string Describe();
}
