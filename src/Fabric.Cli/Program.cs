using Fabric.Cli;

return await FabricCommand.RunAsync(args);
