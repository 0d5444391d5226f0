using Fabric.Messages.Cni;

namespace Fabric.Node.Cni;

/// <summary>Runs a call on the event loop and completes off it.</summary>
public delegate Task<CniResultFrame> EventLoopCalls(Func<Task<CniResultFrame>> call);
