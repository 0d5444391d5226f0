namespace Fabric.Messages;

/// <summary>An entity's answer to a command that it accepted.</summary>
public interface IReply;
